<?php
// Two kinds of work by turns, each with a leak of its own.
declare(strict_types=1);

function onRequest(int $n, SplFixedArray $kept): void
{
    $body = str_repeat('big string', 120); // @request-1 1200 + 25 bytes, in the bin of 1280
    $kept[2 * $n] = $body;
}

function onTimer(int $n, SplFixedArray $kept): void
{
    $tick = str_repeat('tick', 70); // @timer-1 280 + 25 bytes, in the bin of 320
    $kept[2 * $n + 1] = $tick;
}

function onReload(): void
{
    throw new LogicException('nobody reloads'); // @unrun-1
}

$patience = (int) (getenv('PHPTRACE_PATIENCE') ?: 1);
$kept = new SplFixedArray(40_000 * $patience);
echo "ready\n";
$end = time() + 20 * $patience;
for ($n = 0; time() < $end; $n++) {
    onRequest($n, $kept);
    usleep(1000);
    onTimer($n, $kept);
    usleep(1000);
}
