<?php
// Strings that grow by .= in each call, from small to large sizes, a few bytes at a time, and are kept. Usage:
//   string-append.php START STEP TIMES
declare(strict_types=1);

require __DIR__ . '/../../cases/lib/measured.php';

function handle(int $n, SplFixedArray $kept, int $start, string $step, int $times): void
{
    $text = str_repeat('s', $start);
    for ($i = 0; $i < $times; $i++) {
        $text .= $step; // @grown-1
    }
    $kept[$n] = $text;
}

[, $start, $step, $times] = array_map('intval', $argv);
$kept = new SplFixedArray(1000);
$added = str_repeat('t', $step);
for ($n = 0; measured(900); $n++) {
    handle($n, $kept, $start, $added, $times);
    usleep(10_000);
}
