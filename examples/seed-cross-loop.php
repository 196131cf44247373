<?php
// Memory that a later loop gives back: each call frees what the call two before it left. No leak, and the report says
// whose memory was freed: "Free Pre (Loop n)". Runs for a minute.
//
//   php examples/seed-cross-loop.php &
//   sudo phptrace attach $! --loop onRequest
declare(strict_types=1);

final class ClassA
{
    public static array $leak = [];
}

function onRequest(int $n): void
{
    $slot = $n % 2;
    if (isset(ClassA::$leak[$slot])) {
        unset(ClassA::$leak[$slot]); // frees what the call two before left
    }
    ClassA::$leak[$slot] = str_repeat('big string', 1024); // held until the call after next
}

$end = time() + 60;
for ($n = 0; time() < $end; $n++) {
    onRequest($n);
    usleep(10_000);
}
