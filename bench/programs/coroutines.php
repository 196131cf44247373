<?php
// As switches.php, with coroutines of Swoole in place of fibers.
// `php coroutines.php WINDOW_MS` prints for each window when it ended (ns of the monotonic clock) and its ns a switch.

use Swoole\Coroutine;

function request(int $turns): void
{
    for ($i = 0; $i < $turns; $i++) {
        Coroutine::yield();
    }
}

// Compiled and never called: a trace with this hook never has a loop.
function never(): void
{
    request(1);
}

const TURNS = 500;
$windowNs = 1_000_000 * (int) $argv[1];
for (;;) {
    $begun = $now = hrtime(true);
    for ($done = 0; $now - $begun < $windowNs; $done += 4 * TURNS) {
        $coroutines = [Coroutine::create('request', TURNS), Coroutine::create('request', TURNS)];
        for ($i = 0; $i < TURNS; $i++) {
            Coroutine::resume($coroutines[0]);
            Coroutine::resume($coroutines[1]);
        }
        $now = hrtime(true);
    }
    printf("%d %.3f\n", $now, ($now - $begun) / $done);
}
