<?php
// An SplQueue.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(SplQueue $list): void
{
    $text = str_repeat('text', 100); // @leak
    $list->enqueue($text);
}

$list = new SplQueue();
while (turn()) {
    handle($list);
}
