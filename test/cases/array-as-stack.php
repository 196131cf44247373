<?php
// An array is a stack of what is under way, many times in each loop; another line puts one on it in every second loop
// and never takes it off.
// truth: {"loop": "handle", "loops": 400, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "fills": {"7.4": 16, "8.2": 8},
//              "holder": "static Stack::$open"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Stack
{
    /** @var list<int> */
    public static array $open = [];
}

function enter(int $depth): void
{
    Stack::$open[] = $depth;
    if ($depth > 0) {
        enter($depth - 1);
    }
    array_pop(Stack::$open);
}

function handle(int $n): void
{
    enter(6);
    if ($n % 2 === 0) {
        Stack::$open[] = $n; // @leak-1
    }
    enter(3);
}

for ($number = 0; $number < 3000; $number++) {
    Stack::$open[] = $number;
}
for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(4000);
}
