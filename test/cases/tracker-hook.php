<?php
// The seed's marker: an empty function of the user's own, called first in the main function, says where a loop begins.
// What is charged is what its caller does, not the empty function itself.
// truth: {"loop": "trackerHookMalloc", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "foo", "verdict": "leak",
//              "holder": "static ClassA::$pro", "outside": false}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function trackerHookMalloc(): void
{
}

final class ClassA
{
    public static array $pro = [];
}

function foo(): void
{
    trackerHookMalloc();
    $tmp = str_repeat('tmp', 500);
    ClassA::$pro[] = strrev($tmp); // @leak-1
}

while (measured()) {
    foo();
    usleep(2000);
}
