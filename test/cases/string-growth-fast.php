<?php
// A static string that grows by more than a page in each call: its block is another one each time, so no block ever
// lives for long, and yet the memory only grows.
// truth: {"loop": "handle", "how": "run", "loops": 40, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static $log in handle()", "bytesPerLoop": 8192}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    static $log = '';
    $log .= str_repeat('a page of a log!', 512); // @leak-1 two pages
}

while (measured(400)) {
    handle();
    usleep(2000);
}
