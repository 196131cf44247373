<?php
// A leak in a method of an object that outlives the loop.
// truth: {"loop": "Worker::handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Worker::handle", "verdict": "leak",
//              "holder": "$GLOBALS['worker']",
//              "path": "$GLOBALS['worker'] → ->done → [*]"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Job
{
    public int $id;
    public string $state;

    public function __construct(int $id, string $state)
    {
        $this->id = $id;
        $this->state = $state;
    }
}

final class Worker
{
    /** @var Job[] */
    private array $done = [];

    public function handle(int $id): void
    {
        $this->done[$id] = new Job($id, 'done'); // @leak-1
    }
}

$worker = new Worker();
for ($n = 0; measured(); $n++) {
    $worker->handle($n);
    usleep(2000);
}
