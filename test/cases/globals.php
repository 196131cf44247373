<?php
// A leak of the seed: $GLOBALS is appended to from within a function.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['arr']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    $GLOBALS['arr'][] = str_repeat('big string', 70); // @leak-1
}

while (measured()) {
    handle();
    usleep(2000);
}
