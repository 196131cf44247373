<?php
// Twenty clean requests under way. A timer fires between their steps; what it keeps, its next turn takes the place of.
// truth: {"loop": "handle", "since": "8.1", "loops": 200, "verdict": "clean", "exit": 0}
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

function tick(): void
{
    static $ticks = 0, $last = '';
    if (++$ticks % 4 === 0) {
        $last = str_repeat("tick $ticks", 50);
    }
}

make_room_for_objects(200);
interleave(
    20,
    static function (int $n): bool {
        $goesOn = measured(90_000);
        handle($n);
        return $goesOn;
    },
    tick(...),
);
