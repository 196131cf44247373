<?php
// Works by itself, and so does a child that it forks when it is told to by a line on its stdin.

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

ini_set('memory_limit', '1G');
echo "ready\n";
stream_set_blocking(STDIN, false);
for ($turn = 0; $turn < 20_000; $turn++) {
    handle();
    if (fgets(STDIN) !== false) {
        $pid = pcntl_fork();
        if ($pid !== 0) echo "worker $pid\n";
    }
}
