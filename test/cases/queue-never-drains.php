<?php
// Three jobs come in each call and two go: the queue is longer with each. When the trace begins three hundred wait, and
// only when these are gone it is sure whose they were.
// truth: {"loop": "handle", "loops": "auto", "seconds": 40, "slow": true, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Queue::push", "verdict": "leak",
//              "holder": "$GLOBALS['queue']", "path": "$GLOBALS['queue'] → ->jobs → [*]"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Queue
{
    private SplQueue $jobs;

    public function __construct()
    {
        $this->jobs = new SplQueue();
    }

    public function push(int $n): void
    {
        $this->jobs->enqueue(sprintf('job number %06d with a payload', $n)); // @leak-1
    }

    public function shift(): string
    {
        return $this->jobs->dequeue();
    }
}

function handle(int $n, Queue $queue): int
{
    foreach ([1, 2, 3] as $i) {
        $queue->push(3 * $n + $i);
    }
    return strlen($queue->shift()) + strlen($queue->shift());
}

$queue = new Queue();
for ($n = 0; $n < 100; $n++) {
    foreach ([1, 2, 3] as $i) {
        $queue->push(3 * $n + $i);
    }
}
for (; measured(); $n++) {
    handle($n, $queue);
    usleep(1000);
}
