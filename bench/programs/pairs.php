<?php
// Makes one block and frees one, over and over: the result of a concatenation replaces that of the turn before.
// `php pairs.php WINDOW_MS` prints for each window when it ended (ns of the monotonic clock) and its ns a pair.

function pairs(int $count, string $left, string $right): void
{
    for ($i = 0; $i < $count; $i++) {
        $joined = $left . $right;
    }
}

// Compiled and never called: a trace with this hook never has a loop.
function never(): void
{
    pairs(1, 'a', 'b');
}

const BATCH = 500;
$windowNs = 1_000_000 * (int) $argv[1];
$left = str_repeat('x', 40);
$right = str_repeat('y', 30);
for (;;) {
    $begun = $now = hrtime(true);
    for ($done = 0; $now - $begun < $windowNs; $done += BATCH) {
        pairs(BATCH, $left, $right);
        $now = hrtime(true);
    }
    printf("%d %.3f\n", $now, ($now - $begun) / $done);
}
