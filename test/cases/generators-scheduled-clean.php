<?php
// Forty requests under way, each a generator that a scheduler drives in random order. Each frees at its end what it has
// allocated.
// truth: {"loop": "handle", "loops": 200, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/tasks.php';

function handle(int $n): Generator
{
    $goesOn = measured(90_000);
    $body = str_repeat("body $n", 250);
    $parts = [];
    for ($steps = mt_rand(1, 6); $steps > 0; $steps--) {
        yield;
        $parts[] = strrev($body);
    }
    return $goesOn;
}

make_room_for_objects(500);
schedule(40, static function (int $n): Generator {
    return handle($n);
});
