<?php
// Output buffers that are never closed.
// holder: {"holder": "output buffers", "path": "output buffers → [*] → $context", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    $context = str_repeat('context', 60); // @leak
    ob_start(function () use ($context): string {
        return $context === '' ? $context : '';
    }, 1);
}

while (turn()) {
    handle();
}
