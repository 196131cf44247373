<?php
// Each request starts a fiber that goes on for five requests more. What it allocates belongs to the request that
// started it, which is over when that fiber has ended: all is freed by then.
// truth: {"loop": "handle", "since": "8.1", "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): Fiber
{
    $log = new Fiber(static function (string $line): void {
        $lines = [];
        for ($i = 0; $i < 5; $i++) {
            $lines[] = str_repeat($line, 100);
            Fiber::suspend();
        }
    });
    $log->start("line $n ");
    return $log;
}

$waiting = new SplFixedArray(6);
make_room_for_objects(50);
for ($n = 0; measured(19_000); $n++) {
    $waiting[$n % 6] = handle($n);
    foreach ($waiting as $fiber) {
        if ($fiber?->isSuspended()) {
            $fiber->resume();
        }
    }
    unset($fiber);
    usleep(2000);
}
