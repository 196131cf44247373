<?php
// What every program here shares: the pause between two calls of handle(), and an end after 20 seconds.
declare(strict_types=1);

function turn(): bool
{
    static $end = 0;
    $end = $end ?: hrtime(true) + 20_000_000_000;
    usleep(1500);
    return hrtime(true) < $end;
}
