<?php
// A cache of 1500 keys that are asked for at random: new ones come for thousands of calls, ever more seldom.
// truth: {"loop": "handle", "how": "run", "loops": "auto", "seconds": 60, "slow": true, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $key): string
{
    static $rendered = [];
    return $rendered[$key] ??= str_repeat("block $key", 30);
}

mt_srand(3);
while (measured(60_000)) {
    handle(mt_rand(1, 1500));
    usleep(50);
}
