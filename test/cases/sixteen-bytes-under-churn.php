<?php
// A few small bytes a call stay under megabytes that come and go.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "bytesPerLoop": 32,
//              "holder": "$GLOBALS['kept']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $kept): void
{
    $rows = [];
    for ($i = 0; $i < 500; $i++) {
        $rows[] = str_repeat('row', 1000 + $i % 7);
    }
    $kept[$n] = "n$n"; // @leak-1 a string of a few characters
    unset($rows[mt_rand(0, 499)]);
}

$kept = new SplFixedArray(20_000);
for ($n = 1000; measured(9000); $n++) {
    handle($n, $kept);
    usleep(2000);
}
