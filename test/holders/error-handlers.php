<?php
// Error handlers that are set and never restored.
// holder: {"holder": "stack of error handlers", "path": "stack of error handlers → $context", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    $context = str_repeat('context', 60); // @leak
    set_error_handler(function () use ($context): bool {
        return $context === '';
    });
}

while (turn()) {
    handle();
}
