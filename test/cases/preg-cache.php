<?php
// More patterns than PHP's cache of compiled ones takes (4096): when it is full the oldest eighth is dropped.
// truth: {"loop": "handle", "loops": "auto", "slow": true, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): int
{
    $found = 0;
    for ($i = 0; $i < 10; $i++) {
        $found += preg_match('/^x' . dechex($n * 10 + $i) . '+$/', 'xabc');
    }
    return $found;
}

for ($n = 0; $n < 600; $n++) {
    handle($n);
}
for (; measured(); $n++) {
    handle($n);
    usleep(500);
}
