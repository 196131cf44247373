<?php
// A result of several pages in each call, gone at its end.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0, "silent": true}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): int
{
    $rows = range(1, 5000);
    $text = implode("\n", $rows);
    return strlen($text);
}

while (measured()) {
    handle();
    usleep(2000);
}
