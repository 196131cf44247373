<?php
// Blocks of whole pages: 10240 bytes and a string's header are three pages.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 12288}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $kept): void
{
    $page = str_repeat('big string', 1024); // @leak-1
    $kept[$n] = $page;
}

$kept = new SplFixedArray(5000);
for ($n = 0; measured(4900); $n++) {
    handle($n, $kept);
    usleep(5000);
}
