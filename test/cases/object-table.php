<?php
// PHP keeps the addresses of all objects in a table of its own, which doubles when there are more at once than ever. A
// late call needs more than those before it: its line makes the table larger, and is no leak.
// truth: {"loop": "handle", "how": "run", "loops": 40, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@bounded-1", "function": "handle", "verdict": "bounded"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): int
{
    $objects = new SplFixedArray($n === 35 ? 3000 : 30);
    foreach ($objects as $i => $_) {
        $objects[$i] = new stdClass(); // @bounded-1
    }
    return count($objects);
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
