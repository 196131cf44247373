<?php
// What the programs here share: Swoole Tracker's marker as an empty function, for those who do not have that extension.
// phptrace takes each call of it for the start of a loop.

if (!function_exists('trackerHookMalloc')) {
    function trackerHookMalloc()
    {
    }
}

/** The port of 127.0.0.1 to listen on: the first argument, else Swoole's usual one. */
function port(): int
{
    return (int) ($_SERVER['argv'][1] ?? 9501);
}
