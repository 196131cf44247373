<?php
// Generators that were begun and never finished: each holds its frame and what its variables hold.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "numbers", "verdict": "leak",
//              "holder": "$GLOBALS['open']", "bytesPerLoop": 544},
//             {"line": "@leak-2", "function": "numbers", "verdict": "leak",
//              "holder": "$GLOBALS['open']",
//              "path": "$GLOBALS['open'] → [*] → $buffer", "bytesPerLoop": 896}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function numbers(int $from): iterable // @leak-1 the generator and its frame
{
    $buffer = str_repeat('0123456789', 80); // @leak-2 800 + 25 bytes, in the bin of 896
    while (strlen($buffer) > 0) {
        yield $from++;
    }
}

function handle(int $n, SplFixedArray $open): void
{
    $generator = numbers($n);
    $generator->current();
    $open[$n] = $generator;
}

make_room_for_objects(12_000);
$open = new SplFixedArray(12_000);
for ($n = 0; measured(11_000); $n++) {
    handle($n, $open);
    usleep(2000);
}
