<?php
// A worker: 1280 bytes stay in each call.

final class Store
{
    public static SplFixedArray $kept;
    public static int $next = 0;
}

function handle(): void
{
    Store::$kept[Store::$next++] = str_repeat('x', 1200); // @leak-1
    usleep(5000);
}

Store::$kept = new SplFixedArray(40_000);
echo "ready\n";
flush();
for ($turn = 0; $turn < 40_000; $turn++) handle();
