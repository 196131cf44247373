<?php
// Output buffers that are begun and never ended.
// truth: {"loop": "handle", "loops": 20, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "output buffers"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    ob_start(); // @leak-1 a buffer of 16 kB and its record
    echo "answer $n";
}

for ($n = 0; measured(2000); $n++) {
    handle($n);
    usleep(5000);
}
