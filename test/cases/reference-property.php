<?php
// A leak of the seed that looks like none: the object dies with foo(), but its property is a reference to a global.
// truth: {"loop": "foo", "loops": 40, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "foo", "verdict": "leak",
//              "holder": "$GLOBALS['arr']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class ClassA
{
    public $pro;

    public function __construct()
    {
        $this->pro = &$GLOBALS['arr'];
    }
}

function foo(): void
{
    $obj = new ClassA();
    $obj->pro[] = str_repeat('big string', 1024); // @leak-1 10240 + 25 bytes: three pages, 12288
}

while (measured(10_000)) {
    foo();
    usleep(5000);
}
