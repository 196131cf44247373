<?php
// Each call starts a generator that a scheduler drives when the call is over, for five calls more. It keeps memory then.
// truth: {"loop": "handle", "loops": 40, "verdict": "leak", "exit": 1, "underWay": 4000,
//   "sites": [{"line": "@leak-1", "function": "log_later", "verdict": "leak", "holder": "$GLOBALS['kept']", "bytesPerLoop": 896}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function log_later(int $n, SplFixedArray $kept): Generator
{
    for ($i = 0; $i < 5; $i++) {
        $line = str_repeat('line', 100 + $i);
        yield;
    }
    $kept[$n] = str_repeat('kept', 200); // @leak-1 800 characters, 896 bytes
}

function handle(int $n, SplFixedArray $kept): Generator
{
    $log = (static function () use ($n, $kept): Generator {
        yield from log_later($n, $kept);
    })();
    $log->current();
    return $log;
}

$kept = new SplFixedArray(20_000);
$waiting = new SplFixedArray(6);
make_room_for_objects(50);
for ($n = 0; measured(19_000); $n++) {
    $waiting[$n % 6] = handle($n, $kept);
    foreach ($waiting as $generator) {
        if ($generator !== null && $generator->valid()) {
            $generator->next();
        }
    }
    unset($generator);
    usleep(2000);
}
