<?php
// A worker: 1280 bytes stay in each call.

final class Store
{
    /** @var list<string> */
    public static array $kept = [];
}

function handle(): void
{
    Store::$kept[] = str_repeat('x', 1200); // @leak-1
    usleep(5000);
}

echo "ready\n";
flush();
for ($turn = 0; $turn < 40_000; $turn++) handle();
