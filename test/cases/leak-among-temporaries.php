<?php
// A small leak in a function that allocates and frees a thousand times as much.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 64}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $kept): int
{
    $rows = [];
    for ($i = 0; $i < 300; $i++) {
        $rows[] = ['id' => $i, 'name' => "row number $i", 'text' => str_repeat('t', 50 + $i)];
    }
    usort($rows, static fn (array $a, array $b): int => strcmp($b['name'], $a['name']));
    $json = json_encode($rows);
    $key = substr($json, 0, 32); // @leak-1 32 + 25 bytes, in the bin of 64
    $kept[$n] = $key;
    return strlen($json);
}

$kept = new SplFixedArray(6000);
for ($n = 0; measured(5900); $n++) {
    handle($n, $kept);
    usleep(3000);
}
