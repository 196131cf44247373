<?php
// A string that takes a page more in about a hundred calls: too seldom to tell from one that comes to rest.
// truth: {"loop": "handle", "loops": 250, "verdict": "unknown", "exit": 2,
//   "sites": [{"line": "@pending-1", "function": "handle", "verdict": "pending"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    static $log = '';
    $log .= str_pad('a short line', 40) . "\n"; // @pending-1
}

for ($n = 0; $n < 3000; $n++) {
    handle();
}
while (measured()) {
    handle();
    usleep(1000);
}
