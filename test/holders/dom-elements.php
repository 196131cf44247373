<?php
// Elements of a document, each an object as long as somebody has it.
// holder: {"holder": "static Page::$items", "path": "static Page::$items → [*]", "types": ["DOMElement", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Page
{
    public static array $items = [];
}

function handle(DOMDocument $document): void
{
    $item = $document->createElement('item'); // @leak
    Page::$items[] = $item;
}

$document = new DOMDocument();
while (turn()) {
    handle($document);
}
