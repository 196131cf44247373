<?php
// Forty requests under way, each in a fiber of its own, in random order. One line keeps memory; the others free theirs
// at the end of their request, dozens of requests later. Those that were under way when the trace began are in no loop of
// it: what they keep comes to rest with the last of them.
// truth: {"loop": "handle", "since": "8.1", "loops": 200, "verdict": "leak", "exit": 1, "underWay": 100000,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 640,
//              "stack": ["handle", "{closure}", "interleave", "{main}"]},
//             {"line": "@leak-1", "function": "handle", "verdict": "bounded|pending", "outside": true}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/scheduler.php';

function handle(int $n, SplFixedArray $kept): void
{
    Fiber::suspend();
    $body = str_repeat('body', 250);
    for ($steps = mt_rand(1, 4); $steps > 0; $steps--) {
        $part = strrev($body);
        Fiber::suspend();
    }
    $kept[$n] = str_repeat('kept', 150); // @leak-1 600 characters, 640 bytes
    Fiber::suspend();
}

$kept = new SplFixedArray(100_000);
make_room_for_objects(200);
interleave(40, static function (int $n) use ($kept): bool {
    $goesOn = measured(90_000);
    handle($n, $kept);
    return $goesOn;
});
