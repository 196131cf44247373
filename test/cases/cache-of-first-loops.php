<?php
// A cache that the first two calls fill, entry by entry, and that is complete then.
// truth: {"loop": "handle", "how": "run", "loops": 60, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@held-1", "function": "handle", "verdict": "warmup"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): string
{
    static $byParity = [];
    return $byParity[$n % 2] ??= str_repeat("text for $n ", 200); // @held-1
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
