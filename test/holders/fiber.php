<?php
// Fibers that nobody resumes.
// holder: {"holder": "static Pool::$fibers", "path": "static Pool::$fibers → [*] → $payload", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Pool
{
    public static array $fibers = [];
}

function work(): void
{
    $payload = str_repeat('payload', 100); // @leak
    Fiber::suspend();
    echo $payload;
}

function handle(): void
{
    $fiber = new Fiber(work(...));
    $fiber->start();
    Pool::$fibers[] = $fiber;
}

while (turn()) {
    handle();
}
