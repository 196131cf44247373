<?php
// A leak of the seed: a function's static variable is appended to. Two lines keep memory, each its own amount; the
// list has its room from the start, so that each line's bytes are the same in every call.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static $kept in handle()", "bytesPerLoop": 1280},
//             {"line": "@leak-2", "function": "handle", "verdict": "leak",
//              "holder": "static $kept in handle()", "bytesPerLoop": 320}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $kept = null;
    $kept = $kept ?? new SplFixedArray(40_000);
    $body = str_repeat('big string', 120); // @leak-1 1200 + 25 bytes of a string, in the bin of 1280
    $kept[2 * $n] = $body;
    $head = str_repeat('head', 70); // @leak-2 280 + 25 bytes, in the bin of 320
    $kept[2 * $n + 1] = $head;
}

for ($n = 0; measured(19_000); $n++) {
    handle($n);
    usleep(2000);
}
