<?php
// The seed's neighbour: each call frees what the call before left, and leaves its own.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@held-1", "function": "handle", "verdict": "offset"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class ClassA
{
    public static array $leak = [];
}

function handle(): void
{
    if (isset(ClassA::$leak['tmp'])) {
        unset(ClassA::$leak['tmp']);
    }
    ClassA::$leak['tmp'] = str_repeat('big string', 1024); // @held-1
}

while (measured()) {
    handle();
    usleep(2000);
}
