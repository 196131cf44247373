<?php
// Jobs wait in a queue for a hundred calls; as many come as go. What goes at first came before the trace, or while the
// loop was being found.
// truth: {"loop": "handle", "loops": 60, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Queue
{
    private array $jobs = [];

    public function push(int $n): void
    {
        array_push($this->jobs, sprintf('job number %06d with a payload', $n));
    }

    public function shift(): ?string
    {
        return array_shift($this->jobs);
    }
}

function handle(int $n, Queue $queue): int
{
    $done = 0;
    foreach ([1, 2, 3] as $i) {
        $queue->push(3 * $n + $i);
    }
    foreach ([1, 2, 3] as $i) {
        $done += strlen($queue->shift());
    }
    return $done;
}

$queue = new Queue();
for ($n = 0; $n < 100; $n++) {
    foreach ([1, 2, 3] as $i) {
        $queue->push(3 * $n + $i);
    }
}
for (; measured(9000); $n++) {
    handle($n, $queue);
    usleep(2000);
}
