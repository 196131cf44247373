<?php
// A leak of the seed: a static property is appended to, and nothing ever takes from it.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static ClassA::$pro"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class ClassA
{
    public static array $pro = [];
}

function handle(): void
{
    ClassA::$pro[] = str_repeat('big string', 120); // @leak-1
}

while (measured()) {
    handle();
    usleep(2000);
}
