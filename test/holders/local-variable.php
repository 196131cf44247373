<?php
// A local variable of a function that never returns.
// holder: {"holder": "local $queue of main() at {file}:@call", "path": "local $queue of main() at {file}:@call → ->jobs → [*]", "types": ["array", "string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Queue
{
    private array $jobs = [];

    public function add(): void
    {
        $this->jobs[] = ['payload' => str_repeat('job', 100)]; // @leak
    }
}

function handle(Queue $queue): void
{
    $queue->add();
}

function main(): void
{
    $queue = new Queue();
    while (turn()) {
        handle($queue); // @call
    }
}

main();
