<?php
// Nodes of a parsed document are kept: each node's object, and through it its document.
// truth: {"loop": "handle", "needs": ["dom"], "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['found']"},
//             {"line": "@leak-2", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['found']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $found): void
{
    $document = new DOMDocument();
    $document->loadXML("<order><line id='$n'/></order>"); // @leak-2
    $found[$n] = $document->documentElement->firstChild; // @leak-1
}

make_room_for_objects(10_000);
$found = new SplFixedArray(10_000);
for ($n = 0; measured(4000); $n++) {
    handle($n, $found);
    usleep(2000);
}
