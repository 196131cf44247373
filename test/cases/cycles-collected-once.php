<?php
// Each object refers to itself, and in the twentieth call the collector takes those of all calls before: the line's bytes
// a loop are what it makes since, and not what is left of the whole trace. Its objects are named, and not the table of
// all objects, which the line makes longer.
// truth: {"loop": "handle", "loops": 60, "how": "run", "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@cycle-1", "function": "handle", "verdict": "cycle", "bytesPerLoop": 952, "types": ["Node"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Node
{
    public ?Node $self = null;
}

function handle(int $n): void
{
    for ($i = 0; $i < 17; $i++) {
        $node = new Node(); // @cycle-1
        $node->self = $node;
    }
    if ($n === 20) {
        gc_collect_cycles();
    }
}

for ($n = 0; measured(200); $n++) {
    handle($n);
    usleep(2000);
}
