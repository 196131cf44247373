<?php
// A list of numbers has no blocks of its own but the table, which doubles: bytes grow at 8, 16, 32, 64 … entries only.
// truth: {"loop": "handle", "how": "run", "loops": 300, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static $ids in handle()"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $ids = [];
    $ids[] = $n; // @leak-1
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(1000);
}
