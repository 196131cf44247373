<?php
// Starts fibers that work for a little while and end, without a pause, beside fifty that wait and a thousand objects.
// Where a fiber was there is a string soon.
declare(strict_types=1);

$objects = array_map(fn () => new stdClass(), range(1, 1000));
$waiting = [];
for ($n = 0; $n < 50; $n++) {
    $waiting[$n] = new Fiber(fn () => Fiber::suspend());
    $waiting[$n]->start();
}
$end = hrtime(true) + 60_000_000_000;
fwrite(STDOUT, "ready\n");
while (hrtime(true) < $end) {
    $fiber = new Fiber(function (): void {
        for ($i = 0; $i < 100; $i++) {
            strlen(str_repeat('x', $i));
        }
        Fiber::suspend();
    });
    $fiber->start();
    $fiber->resume();
    unset($fiber);
    $strings = array_map(fn (int $bytes) => str_repeat('x', $bytes - 25), [320, 384, 448, 512, 640]);
}
