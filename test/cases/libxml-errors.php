<?php
// libxml keeps its errors for somebody who asks for them, and nobody does.
// truth: {"loop": "handle", "needs": ["dom"], "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "libxml extension"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(DOMDocument $document): bool
{
    return $document->loadXML('<order><line></order>'); // @leak-1
}

libxml_use_internal_errors(true);
$document = new DOMDocument();
while (measured()) {
    handle($document);
    usleep(2000);
}
