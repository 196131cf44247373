<?php
// Generators, one of them left in the middle, that die with the call.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0, "silent": true}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function lines(int $count): Generator
{
    for ($i = 0; $i < $count; $i++) {
        yield str_repeat('line ', $i);
    }
}

function handle(): int
{
    $length = 0;
    foreach (lines(20) as $line) {
        $length += strlen($line);
    }
    foreach (lines(20) as $line) {
        if ($length-- > 0) {
            break;
        }
    }
    return $length;
}

while (measured()) {
    handle();
    usleep(2000);
}
