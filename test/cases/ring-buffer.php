<?php
// The last 16 answers are kept: the ring fills within the trace and then only turns.
// truth: {"loop": "handle", "how": "run", "loops": 80, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@held-1", "function": "handle", "verdict": "bounded|offset"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $last = [];
    $last[$n % 16] = str_repeat('answer ', 150); // @held-1
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
