<?php
// Everything dies with the call that made it.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0, "silent": true}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): int
{
    $parts = explode(',', str_repeat("$n,", 40));
    $map = array_flip($parts);
    $object = new ArrayObject($map);
    return count($object);
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(2000);
}
