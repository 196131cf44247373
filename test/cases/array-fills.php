<?php
// Numbers seen, in a table that was large before the trace: it gets one a loop, and takes memory at 8192 only. Another
// line writes into the same table, but never anything new.
// truth: {"loop": "handle", "loops": 300, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Seen::add", "verdict": "leak", "fills": 40,
//              "holder": "static Seen::$numbers", "stack": ["Seen::add", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Seen
{
    /** @var array<int, bool> */
    public static array $numbers = [];

    public static function add(int $number): void
    {
        self::$numbers[$number * 3] = true; // @leak-1
    }

    public static function touch(int $number): void
    {
        self::$numbers[$number * 3] = true;
    }
}

function handle(int $n): int
{
    Seen::touch($n % 4000);
    Seen::add(5000 + $n);
    Seen::touch($n % 3000);
    return strlen(str_repeat('x', 100 + $n % 50));
}

for ($number = 0; $number < 5000; $number++) {
    Seen::add($number);
}
for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(4000);
}
