<?php
// Calls an empty function, over and over: the cheapest loop there is. No block is made in between.
// `php calls.php WINDOW_MS` prints for each window when it ended (ns of the monotonic clock) and its ns a call.

function loop(): void
{
}

// Compiled and never called: a trace with this hook watches an address that is never used.
function never(): int
{
    return 1;
}

const BATCH = 500;
$windowNs = 1_000_000 * (int) $argv[1];
for (;;) {
    $begun = $now = hrtime(true);
    for ($done = 0; $now - $begun < $windowNs; $done += BATCH) {
        for ($i = 0; $i < BATCH; $i++) {
            loop();
        }
        $now = hrtime(true);
    }
    printf("%d %.3f\n", $now, ($now - $begun) / $done);
}
