<?php
// Twelve requests under way. Each starts fibers that start fibers; some end, some throw, some are dropped while they
// wait, and the request's own fiber may be dropped, too. Nothing stays.
// truth: {"loop": "handle", "since": "8.1", "loops": 200, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/lib/scheduler.php';

function child(int $depth): int
{
    $note = str_repeat('note', 50 + $depth);
    if ($depth > 0) {
        $inner = new Fiber('child');
        $inner->start($depth - 1);
        Fiber::suspend();
        if (mt_rand(0, 2) > 0 && !$inner->isTerminated()) {
            try {
                $inner->resume();
            } catch (RuntimeException) {
                $note .= 'caught';
            }
        }
    } else {
        Fiber::suspend();
        if (mt_rand(0, 1) === 0) {
            throw new RuntimeException($note);
        }
    }
    return strlen($note);
}

function handle(int $n): int
{
    $children = [new Fiber('child'), new Fiber('child')];
    foreach ($children as $i => $fiber) {
        $fiber->start($i + mt_rand(0, 1));
    }
    Fiber::suspend();
    foreach ($children as $fiber) {
        try {
            if (mt_rand(0, 2) > 0 && !$fiber->isTerminated()) {
                $fiber->resume();
            }
        } catch (RuntimeException) {
            return $n;
        }
    }
    Fiber::suspend();
    return count($children);
}

function request(int $n): bool
{
    $goesOn = measured(90_000);
    handle($n);
    return $goesOn;
}

make_room_for_objects(500);
interleave(12, static function (int $n): bool {
    if ($n % 5 > 0) {
        return request($n);
    }
    $dropped = new Fiber('request');
    $dropped->start($n);
    return true;
});
