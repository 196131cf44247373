<?php
// Filters that are put on one stream again and again.
// holder: {"holder": "$GLOBALS['log']", "path": "$GLOBALS['log']", "types": ["(unknown)", "resource"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle($log): void
{
    stream_filter_append($log, 'string.rot13'); // @leak
}

$log = fopen('php://memory', 'w');
while (turn()) {
    handle($log);
}
