<?php
// Forty requests under way, each a generator that a scheduler drives in random order. The generator's function is the
// loop, another one that it delegates to keeps memory; the rest is freed at the end of the request.
// truth: {"loop": "handle", "loops": 200, "verdict": "leak", "exit": 1, "underWay": 100000,
//   "sites": [{"line": "@leak-1", "function": "answer", "verdict": "leak", "holder": "$GLOBALS['kept']", "bytesPerLoop": 640}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/tasks.php';

function answer(int $n, SplFixedArray $kept): Generator
{
    $text = str_repeat("answer $n", 100);
    yield;
    $kept[$n] = str_repeat('kept', 150); // @leak-1 600 characters, 640 bytes
    yield;
    return strlen($text);
}

function handle(int $n, SplFixedArray $kept): Generator
{
    $goesOn = measured(90_000);
    $body = str_repeat('body', 250);
    for ($steps = mt_rand(1, 4); $steps > 0; $steps--) {
        $part = strrev($body);
        yield;
    }
    yield from answer($n, $kept);
    return $goesOn;
}

$kept = new SplFixedArray(100_000);
make_room_for_objects(500);
schedule(40, static function (int $n) use ($kept): Generator {
    return handle($n, $kept);
});
