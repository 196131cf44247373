<?php
// Three of four objects of one line are garbage cycles, and the fourth is kept: a leak all the same, of that one. Too few
// for the collector to run (10,001).
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak|cycle", "holder": "$GLOBALS['kept']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Node
{
    public ?Node $self = null;
}

function handle(int $n, SplFixedArray $kept): void
{
    for ($i = 0; $i < 4; $i++) {
        $node = new Node(); // @leak-1
        $node->self = $node;
    }
    $kept[$n] = $node;
}

make_room_for_objects(14000);
$kept = new SplFixedArray(3000);
for ($n = 0; measured(3000); $n++) {
    handle($n, $kept);
    usleep(2000);
}
