<?php
// Shutdown functions registered again and again.
// holder: {"holder": "shutdown functions", "path": "shutdown functions → [*] → $context", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    $context = str_repeat('context', 60); // @leak
    register_shutdown_function(function () use ($context): int {
        return strlen($context);
    });
}

while (turn()) {
    handle();
}
