<?php
// Each request starts a fiber that goes on for five requests more, and keeps something then.
// truth: {"loop": "handle", "since": "8.1", "verdict": "leak", "exit": 1, "underWay": 4000,
//   "sites": [{"line": "@leak-1", "function": "log_later", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 896}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function log_later(int $n, SplFixedArray $kept): void
{
    for ($i = 0; $i < 5; $i++) {
        $line = str_repeat('line', 100 + $i);
        Fiber::suspend();
    }
    $kept[$n] = str_repeat('kept', 200); // @leak-1 800 characters, 896 bytes
}

function handle(int $n, SplFixedArray $kept): Fiber
{
    $log = new Fiber('log_later');
    $log->start($n, $kept);
    return $log;
}

$kept = new SplFixedArray(20_000);
$waiting = new SplFixedArray(6);
make_room_for_objects(50);
for ($n = 0; measured(19_000); $n++) {
    $waiting[$n % 6] = handle($n, $kept);
    foreach ($waiting as $fiber) {
        if ($fiber?->isSuspended()) {
            $fiber->resume();
        }
    }
    unset($fiber);
    usleep(2000);
}
