<?php
// Generators that nobody finishes.
// holder: {"holder": "static Pool::$generators", "path": "static Pool::$generators → [*] → $payload", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Pool
{
    public static array $generators = [];
}

function produce(): Generator
{
    $payload = str_repeat('payload', 100); // @leak
    yield 1;
    echo $payload;
}

function handle(): void
{
    $generator = produce();
    $generator->current();
    Pool::$generators[] = $generator;
}

while (turn()) {
    handle();
}
