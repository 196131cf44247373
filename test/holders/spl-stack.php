<?php
// An SplDoublyLinkedList.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(SplDoublyLinkedList $list): void
{
    $text = str_repeat('text', 100); // @leak
    $list->push($text);
}

$list = new SplDoublyLinkedList();
while (turn()) {
    handle($list);
}
