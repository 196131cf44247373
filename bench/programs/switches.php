<?php
// Two fibers go on by turns, over and over. Each is within a call of request(), a new one each 1000 switches.
// `php switches.php WINDOW_MS` prints for each window when it ended (ns of the monotonic clock) and its ns a switch.

function request(int $turns): void
{
    for ($i = 0; $i < $turns; $i++) {
        Fiber::suspend();
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
        $fibers = [new Fiber('request'), new Fiber('request')];
        foreach ($fibers as $fiber) {
            $fiber->start(TURNS);
        }
        for ($i = 0; $i < TURNS; $i++) {
            $fibers[0]->resume();
            $fibers[1]->resume();
        }
        $now = hrtime(true);
    }
    printf("%d %.3f\n", $now, ($now - $begun) / $done);
}
