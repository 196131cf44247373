<?php
// One block in each hundredth call: `auto` has to wait until it came a few times.
// truth: {"loop": "handle", "loops": "auto", "slow": true, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['reports']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $reports): void
{
    $line = str_repeat('line', 50);
    if ($n % 100 === 0) {
        $reports[intdiv($n, 100)] = str_repeat($line, 3); // @leak-1
    }
}

$reports = new SplFixedArray(2000);
for ($n = 0; measured(199_000); $n++) {
    handle($n, $reports);
    usleep(200);
}
