<?php
// Fibers that wait for something that never comes: the fiber, its stack, and what lies on that.
// truth: {"loop": "handle", "since": "8.1", "loops": 20, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']",
//              "bytesPerLoop": {"8.1": 1080, "8.3": 1144}},
//             {"line": "@leak-2", "function": "{closure}", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']",
//              "path": "$GLOBALS['waiting'] → [*] → $buffer", "bytesPerLoop": 1280},
//             {"line": "@leak-3", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['waiting']", "bytesPerLoop": 16400}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $waiting): void
{
    $fiber = new Fiber(static function () use ($n): string { // @leak-1
        $buffer = str_repeat('b', 1100); // @leak-2
        return $buffer . Fiber::suspend($n);
    });
    $fiber->start(); // @leak-3 a page of VM stack
    $waiting[$n] = $fiber;
}

$waiting = new SplFixedArray(1000);
for ($n = 0; measured(900); $n++) {
    handle($n, $waiting);
    usleep(20_000);
}
