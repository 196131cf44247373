<?php
// One block that is never joined by another: a static string that only grows, by realloc, mostly in place.
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static $log in handle()"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    static $log = '';
    $log .= str_repeat('a line of a log that nobody flushes ', 30); // @leak-1 1080 bytes
}

while (measured()) {
    handle();
    usleep(2000);
}
