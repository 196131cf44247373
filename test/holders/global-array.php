<?php
// A global variable.
// holder: {"holder": "$GLOBALS['log']", "path": "$GLOBALS['log'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

$log = [];

function handle(): void
{
    $line = str_repeat('line', 100); // @leak
    $GLOBALS['log'][] = $line;
}

while (turn()) {
    handle();
}
