<?php
// Each request waits, in a fiber of its own, for something that never comes.
// truth: {"loop": "handle", "since": "8.1", "loops": 40, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']", "bytesPerLoop": 640},
//             {"line": "@leak-2", "function": "{main}", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']", "outside": true},
//             {"line": "@leak-3", "function": "{main}", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']", "outside": true}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    $body = str_repeat('body', 150); // @leak-1 600 characters, 640 bytes
    Fiber::suspend($body);
}

function request(): void
{
    measured();
    handle();
}

$waiting = new SplFixedArray(5000);
for ($n = 0; $n < 5000; $n++) {
    $waiting[$n] = new Fiber('request'); // @leak-2
    $waiting[$n]->start(); // @leak-3
    usleep(2000);
}
