<?php
// A table doubles once while it is watched, and would not again for thousands of loops.
// truth: {"loop": "handle", "loops": 800, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "fills": 40,
//              "holder": "static $index in handle()"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $index = [];
    if ($n === 0) {
        for ($number = 1; $number <= 7500; $number++) {
            $index[-$number] = $number;
        }
    }
    $index[$n] = true; // @leak-1
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(4000);
}
