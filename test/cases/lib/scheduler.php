<?php
// What the cases with fibers share: a scheduler that keeps a number of requests under way, each in a fiber of its own,
// and lets them go on in random order.
declare(strict_types=1);

/**
 * Calls $request(number) in a fiber of its own for each of $most that are always under way, until it returns false.
 * $between is called after each step, outside of any fiber.
 */
function interleave(int $most, Closure $request, ?Closure $between = null): void
{
    mt_srand(7);
    $number = 0;
    $underWay = new SplFixedArray($most);
    for ($slot = 0; $slot < $most; $slot++) {
        $underWay[$slot] = new Fiber($request);
        $underWay[$slot]->start($number++);
    }
    for (;;) {
        $slot = mt_rand(0, $most - 1);
        if (!$underWay[$slot]->isTerminated()) {
            $underWay[$slot]->resume();
        }
        if ($underWay[$slot]->isTerminated()) {
            if ($underWay[$slot]->getReturn() === false) {
                return;
            }
            $underWay[$slot] = null;
            $underWay[$slot] = new Fiber($request);
            $underWay[$slot]->start($number++);
        }
        if ($between !== null) {
            $between();
        }
        usleep(100);
    }
}
