<?php
// An SplPriorityQueue.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(SplPriorityQueue $list): void
{
    $text = str_repeat('text', 100); // @leak
    $list->insert($text, 1);
}

$list = new SplPriorityQueue();
while (turn()) {
    handle($list);
}
