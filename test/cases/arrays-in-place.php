<?php
// Arrays that are older than the trace and are filled and emptied in place: a ring, a queue, a buffer of one loop, one
// that is flushed when it is full, a cache of so many keys.
// truth: {"loop": "handle", "loops": 400, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Tables
{
    /** @var array<int, int> */
    public array $ring = [];
    /** @var list<int> */
    public array $queue = [];
    /** @var list<int> */
    public array $buffer = [];
    /** @var list<int> */
    public array $flushed = [];
    /** @var array<int, true> */
    public array $keys = [];
}

function handle(Tables $tables, int $n): void
{
    unset($tables->ring[$n]);
    $tables->ring[$n + 500] = $n;
    $tables->queue[] = $n;
    if (count($tables->queue) > 40 + $n % 7) {
        array_pop($tables->queue);
        array_pop($tables->queue);
    }
    for ($i = 0; $i < 60; $i++) {
        $tables->buffer[] = $i;
    }
    while ($tables->buffer !== []) {
        array_pop($tables->buffer);
    }
    $tables->flushed[] = $n;
    if (count($tables->flushed) === 32) {
        while ($tables->flushed !== []) {
            array_pop($tables->flushed);
        }
    }
    $tables->keys[$n * 7 % 64] = true;
}

$tables = new Tables();
for ($i = 0; $i < 500; $i++) {
    $tables->ring[$i] = $i;
}
// The ring's table is moved for the last time where its keys cease to be a list, in the 525th loop: before the trace.
for ($n = 0; $n < 1000; $n++) {
    handle($tables, $n);
}
for (; measured(); $n++) {
    handle($tables, $n);
    usleep(2000);
}
