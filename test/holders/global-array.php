<?php
// A global variable.
// holder: {"holder": "$GLOBALS['log']", "path": "$GLOBALS['log'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

$log = [];

function handle(): void
{
    $GLOBALS['log'][] = str_repeat('line', 100); // @leak
}

while (turn()) {
    handle();
}
