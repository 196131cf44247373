<?php
// Global variables whose names are data.
// holder: {"holder": "$GLOBALS['cache_*']", "path": "$GLOBALS['cache_*'] → 'page'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    $page = str_repeat('page', 100); // @leak
    $GLOBALS["cache_$n"] = ['page' => $page];
}

for ($n = 0; turn(); $n++) {
    handle($n);
}
