<?php
// One string that two lines append to by turns: each takes over the block that the other has made larger. It is one
// leak, and it is the line's that made it grow first.
// truth: {"loop": "handle", "how": "run", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "bytesPerLoop": 8192,
//              "holder": "static $log in handle()"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $log = '';
    if ($n % 2 === 0) {
        $log .= str_repeat('the even half of', 512); // two pages
    } else {
        $log .= str_repeat('the odd half of.', 512); // @leak-1 two pages
    }
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
