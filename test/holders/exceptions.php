<?php
// Exceptions that are kept.
// holder: {"holder": "static Errors::$all", "path": "static Errors::$all → [*] → ->message", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Errors
{
    public static array $all = [];
}

function fail(): void
{
    $message = str_repeat('context', 60); // @leak
    throw new RuntimeException($message);
}

function handle(): void
{
    try {
        fail();
    } catch (RuntimeException $error) {
        Errors::$all[] = $error;
    }
}

while (turn()) {
    handle();
}
