<?php
// Errors that nobody takes from libxml.
// holder: {"holder": "libxml extension", "path": "libxml extension", "types": ["(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(DOMDocument $document): void
{
    $document->loadXML('<broken'); // @leak
}

libxml_use_internal_errors(true);
$document = new DOMDocument();
while (turn()) {
    handle($document);
}
