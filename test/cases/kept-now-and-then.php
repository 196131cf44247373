<?php
// One line, one function, one caller: of five texts a call two are kept.
// truth: {"loop": "handle", "slow": true, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "make", "verdict": "leak", "holder": "$GLOBALS['kept']",
//              "bytesPerLoop": 768}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function make(int $n): string
{
    return str_repeat(sprintf('%06d', $n), 55); // @leak-1 330 characters, 384 bytes
}

function handle(int $n, SplFixedArray $kept): int
{
    $length = 0;
    foreach ([0, null, null, 1, null] as $place) {
        $text = make($n);
        $length += strlen($text);
        if ($place !== null) {
            $kept[2 * $n + $place] = $text;
        }
    }
    return $length;
}

$kept = new SplFixedArray(20_000);
for ($n = 0; measured(9000); $n++) {
    handle($n, $kept);
    usleep(2000);
}
