<?php
// An SplMinHeap.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(SplMinHeap $list): void
{
    $text = str_repeat('text', 100); // @leak
    $list->insert($text);
}

$list = new SplMinHeap();
while (turn()) {
    handle($list);
}
