<?php
// An ArrayObject.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(ArrayObject $list): void
{
    $text = str_repeat('text', 100); // @leak
    $list[] = $text;
}

$list = new ArrayObject();
while (turn()) {
    handle($list);
}
