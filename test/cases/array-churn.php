<?php
// Arrays are mapped, sorted, filtered, sliced and thrown away; one is replaced by its successor in each call.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): int
{
    static $ranking = [];
    $scores = array_map(static fn (int $i): int => ($i * 7919 + $n) % 1009, range(1, 400));
    sort($scores);
    $named = array_combine(array_map(static fn (int $i): string => "player $i", range(1, 400)), $scores);
    uasort($named, static fn (int $a, int $b): int => $b <=> $a);
    $ranking = array_slice($named, 0, 10, true);
    return count(array_filter($scores, static fn (int $score): bool => $score > 500)) + count($ranking);
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(3000);
}
