<?php
// One block in a hundredth of the calls, by chance: `auto` has to go on until it has seen enough of them.
// truth: {"loop": "handle", "loops": "auto", "seconds": 60, "slow": true, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['failed']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $failed): void
{
    $job = str_repeat('job', 50);
    if (mt_rand(1, 100) === 1) {
        $failed[$n] = str_repeat('failed', 100); // @leak-1
    }
}

$failed = new SplFixedArray(200_000);
for ($n = 0; measured(199_000); $n++) {
    handle($n, $failed);
    usleep(500);
}
