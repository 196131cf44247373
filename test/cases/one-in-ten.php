<?php
// A leak that only every tenth call has: an error path that forgets to clean up.
// truth: {"loop": "handle", "loops": 200, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['failed']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $failed): void
{
    $answer = str_repeat('answer', 300);
    if ($n % 10 === 0) {
        $failed[intdiv($n, 10)] = str_repeat('failed', 300); // @leak-1
    }
}

$failed = new SplFixedArray(3000);
for ($n = 0; measured(29_000); $n++) {
    handle($n, $failed);
    usleep(1000);
}
