<?php
// Contexts of streams, a resource each.
// holder: {"holder": "static Client::$contexts", "path": "static Client::$contexts → [*] → 'http' → 'header'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Client
{
    public static array $contexts = [];
}

function handle(): void
{
    $context = stream_context_create(['http' => ['header' => str_repeat('header', 500)]]); // @leak
    Client::$contexts[] = $context;
}

while (turn()) {
    handle();
}
