<?php
// Keeps 1280 bytes each 10 ms, and takes a megabyte for a moment in between.

final class Store
{
    /** @var list<string> */
    public static array $kept = [];
}

ini_set('memory_limit', '1G');
echo "ready\n";
for ($n = 0; $n < 6000; $n++) {
    Store::$kept[] = str_repeat('x', 1200);
    $passing = str_repeat('y', 1_000_000);
    usleep(5000);
    unset($passing);
    usleep(5000);
}
