<?php
// The loop function calls itself: the deep calls belong to the loop and are no loops of their own. The depth needs a
// second page of the VM stack, which comes and goes.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $depth): array
{
    if ($depth === 0) {
        return [str_repeat('leaf', 100)];
    }
    return [str_repeat("node $depth", 20), handle($depth - 1)];
}

while (measured()) {
    count(handle(30));
    usleep(2000);
}
