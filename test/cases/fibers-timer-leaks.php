<?php
// Twenty clean requests under way. A timer fires between their steps, in no request, and keeps memory.
// truth: {"loop": "handle", "since": "8.1", "loops": 200, "verdict": "leak", "exit": 1, "underWay": 60000,
//   "sites": [{"line": "@leak-1", "function": "tick", "verdict": "leak",
//              "holder": "$GLOBALS['history']", "outside": true}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/scheduler.php';

function handle(int $n): void
{
    $body = str_repeat("body $n", 100);
    for ($steps = mt_rand(1, 6); $steps > 0; $steps--) {
        Fiber::suspend();
    }
}

function tick(SplFixedArray $history): void
{
    static $ticks = 0;
    if (++$ticks % 4 === 0 && $ticks < 80_000) {
        $history[$ticks >> 2] = str_repeat('tick', 140); // @leak-1 560 characters, 640 bytes
    }
}

$history = new SplFixedArray(20_000);
make_room_for_objects(200);
interleave(
    20,
    static function (int $n): bool {
        $goesOn = measured(90_000);
        handle($n);
        return $goesOn;
    },
    static function () use ($history): void {
        tick($history);
    },
);
