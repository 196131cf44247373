<?php
// A line that keeps a string each time, and in one call of twenty an array: that one is no part of what piles up.
// holder: {"holder": "static $kept in handle()", "path": "static $kept in handle() → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    static $kept = null;
    $kept ??= new SplFixedArray(100_000);
    $kept[$n] = $n % 20 === 7 ? range($n, $n + 100) : str_repeat(chr(65 + $n % 26), 1200); // @leak
}

for ($n = 0; turn(); $n++) {
    handle($n);
}
