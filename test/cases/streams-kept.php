<?php
// A stream opened in each call and kept by a list, as a pool does that never gives back.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['pool']"},
//             {"line": "@leak-2", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['pool']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $pool): void
{
    $stream = fopen('php://memory', 'w+'); // @leak-1
    fwrite($stream, str_repeat('answer', 200)); // @leak-2
    $pool[$n] = $stream;
}

$pool = new SplFixedArray(10_000);
for ($n = 0; measured(4000); $n++) {
    handle($n, $pool);
    usleep(2000);
}
