<?php
// What the cases with fibers share: a scheduler that keeps a number of requests under way, each in a fiber of its own,
// and lets them go on in random order.
declare(strict_types=1);

/**
 * Starts $request(number) in a new fiber whenever fewer than $most are under way, until it returns false. $between is
 * called after each step, outside of any fiber.
 */
function interleave(int $most, Closure $request, ?Closure $between = null): void
{
    mt_srand(7);
    $underWay = new SplFixedArray($most);
    $number = 0;
    $goesOn = true;
    while ($goesOn) {
        $slot = mt_rand(0, $most - 1);
        $fiber = $underWay[$slot];
        if ($fiber === null) {
            $underWay[$slot] = $fiber = new Fiber($request);
            $fiber->start($number++);
        } else {
            $fiber->resume();
        }
        if ($fiber->isTerminated()) {
            $goesOn = $fiber->getReturn();
            $underWay[$slot] = null;
        }
        unset($fiber);
        if ($between !== null) {
            $between();
        }
        usleep(100);
    }
}
