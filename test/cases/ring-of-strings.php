<?php
// A ring of a hundred strings that are filled one after the other by appending; a turn takes longer than the trace.
// truth: {"loop": "handle", "loops": 150, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $ring = [], $at = 0;
    $ring[$at] ??= '';
    $ring[$at] .= "message $n " . str_repeat('m', 150 + $n % 50);
    if (strlen($ring[$at]) > 1000) {
        $at = ($at + 1) % 100;
        $ring[$at] = '';
    }
}

for ($n = 0; $n < 2000; $n++) {
    handle($n);
}
for (; measured(); $n++) {
    handle($n);
    usleep(1000);
}
