<?php
// The loop function is clean; the loop around it keeps memory.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "{main}", "verdict": "leak",
//              "holder": "$GLOBALS['history']", "outside": true, "bytesPerLoop": 512}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(string $message): int
{
    $words = explode(' ', $message);
    return count($words);
}

$history = new SplFixedArray(12_000);
for ($n = 0; measured(11_000); $n++) {
    handle('one two three four');
    $line = str_repeat('handled ', 55); // @leak-1 440 + 25 bytes, in the bin of 512
    $history[$n] = $line;
    usleep(2000);
}
