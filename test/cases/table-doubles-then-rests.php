<?php
// An index that doubles with its first 300 entries and then takes no more.
// truth: {"loop": "handle", "how": "run", "loops": "auto", "seconds": 20, "slow": true, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): int
{
    static $index = [];
    $index[$n % 300] = $n;
    return count($index);
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(300);
}
