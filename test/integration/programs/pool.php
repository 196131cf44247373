<?php
// A master and its workers, as many as the argument says; a worker that ends is replaced. Each request of a worker
// keeps 1280 bytes. The second argument says what a request does else: `shell` runs a command now and then.

final class Store
{
    /** Has its room from the start: an array that doubles now and then would be part of what a request keeps. */
    public static SplFixedArray $kept;
}

function handle(int $request, string $what): void
{
    Store::$kept[$request] = str_repeat('x', 1200); // @leak-1
    if ($what === 'shell' && $request % 20 === 0) shell_exec('true');
    usleep(5000);
}

function work(string $what): never
{
    Store::$kept = new SplFixedArray(20_000);
    for ($request = 0; $request < 20_000; $request++) handle($request, $what);
    exit(0);
}

function hire(string $what): void
{
    $pid = pcntl_fork();
    if ($pid === 0) work($what);
    echo "worker $pid\n";
}

ini_set('memory_limit', '1G');
$what = $argv[2] ?? '';
for ($worker = 0; $worker < (int) ($argv[1] ?? 2); $worker++) hire($what);
echo "ready\n";
while (pcntl_wait($status) > 0) hire($what);
