<?php
// A long list gets a number near its beginning in each loop: all that follows is moved, into a table that is new each time
// and as large as the one before.
// truth: {"loop": "handle", "loops": 250, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "fills": {"7.4": 32, "8.2": 16},
//              "holder": "static Schedule::$order", "stack": ["handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Schedule
{
    /** @var list<int> */
    public static array $order = [];
}

function handle(int $n): void
{
    array_splice(Schedule::$order, 10, 0, [$n]); // @leak-1
}

for ($number = 0; $number < 1100; $number++) {
    Schedule::$order[] = $number;
}
for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(4000);
}
