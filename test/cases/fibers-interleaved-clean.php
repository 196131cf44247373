<?php
// Forty requests under way, each in a fiber of its own, in random order. Each frees at its end what it has allocated.
// truth: {"loop": "handle", "since": "8.1", "loops": 200, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/scheduler.php';

function handle(int $n): int
{
    $body = str_repeat("body $n", 250);
    $parts = [];
    for ($steps = mt_rand(1, 6); $steps > 0; $steps--) {
        Fiber::suspend();
        $parts[] = strrev($body);
    }
    return count($parts);
}

make_room_for_objects(200);
interleave(40, static function (int $n): bool {
    $goesOn = measured(90_000);
    handle($n);
    return $goesOn;
});
