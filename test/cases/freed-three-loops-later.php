<?php
// A delay line: each call frees what the call three before it left.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@held-1", "function": "handle", "verdict": "offset"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $pending = [];
    unset($pending[$n - 3]);
    $pending[$n] = str_repeat('big string', 120); // @held-1
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(2000);
}
