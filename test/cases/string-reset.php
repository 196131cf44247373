<?php
// A buffer that grows for ten calls and is then flushed.
// truth: {"loop": "handle", "loops": 100, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    static $buffer = '';
    $buffer .= str_repeat('entry ', 100);
    if ($n % 10 === 9) {
        $buffer = '';
    }
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(1000);
}
