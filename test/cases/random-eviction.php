<?php
// A cache of 100 entries of many sizes, full before the trace, that makes room by dropping any of them.
// truth: {"loop": "handle", "loops": 150, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): string
{
    static $cache = [];
    $key = mt_rand(1, 500);
    if (!isset($cache[$key])) {
        if (count($cache) >= 100) {
            unset($cache[array_rand($cache)]);
        }
        $cache[$key] = str_repeat('x', 50 * ($key % 40 + 1));
    }
    return $cache[$key];
}

mt_srand(4711);
for ($n = 0; $n < 2000; $n++) {
    handle();
}
while (measured()) {
    handle();
    usleep(1000);
}
