<?php
// A block of 3 MB and one that grows past 4 MB in each call, gone at its end.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0, "silent": true}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): int
{
    $file = str_repeat('0123456789', 300_000);
    $copy = $file . 'x';
    $copy .= str_repeat('y', 1_200_000);
    return strlen($file) + strlen($copy);
}

while (measured()) {
    handle();
    usleep(5000);
}
