<?php
// A local variable of a function that never returns.
// holder: {"holder": "local $queue of main() at {file}:@declared", "path": "local $queue of main() at {file}:@declared → ->jobs → [*] → 'payload'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Queue
{
    private array $jobs = [];

    public function add(): void
    {
        $payload = str_repeat('job', 100); // @leak
        $this->jobs[] = ['payload' => $payload];
    }
}

function handle(Queue $queue): void
{
    $queue->add();
}

function main(): void // @declared
{
    $queue = new Queue();
    while (turn()) {
        handle($queue);
    }
}

main();
