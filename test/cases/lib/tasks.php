<?php
// What the cases with scheduled generators share: a scheduler that keeps a number of tasks under way, each a generator,
// and lets them go on in random order.
declare(strict_types=1);

/** Drives $task(number) for each of $most that are always under way, until one returns false. */
function schedule(int $most, Closure $task): void
{
    mt_srand(7);
    $number = 0;
    $underWay = new SplFixedArray($most);
    for ($slot = 0; $slot < $most; $slot++) {
        $underWay[$slot] = $task($number++);
        $underWay[$slot]->current();
    }
    for (;;) {
        $slot = mt_rand(0, $most - 1);
        $underWay[$slot]->next();
        if (!$underWay[$slot]->valid()) {
            if ($underWay[$slot]->getReturn() === false) {
                return;
            }
            $underWay[$slot] = null;
            $underWay[$slot] = $task($number++);
            $underWay[$slot]->current();
        }
        usleep(100);
    }
}
