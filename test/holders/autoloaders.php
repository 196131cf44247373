<?php
// Autoloaders registered again and again.
// holder: {"holder": "autoloaders", "path": "autoloaders → [*] → $context", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    $context = str_repeat('context', 60); // @leak
    spl_autoload_register(function () use ($context): int {
        return strlen($context);
    });
}

while (turn()) {
    handle();
}
