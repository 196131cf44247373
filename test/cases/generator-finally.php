<?php
// A generator is left in the middle: what its `finally` keeps is allocated while it is being destroyed.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "rows", "verdict": "leak", "holder": "static Log::$lines",
//              "bytesPerLoop": 640}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Log
{
    public static SplFixedArray $lines;
    public static int $next = 0;
}

function rows(): Generator
{
    $row = str_repeat('row', 100);
    try {
        while (true) {
            yield $row;
        }
    } finally {
        Log::$lines[Log::$next++] = str_repeat('closed', 48); // @leak-1 288 characters, 320 bytes
    }
}

function handle(): int
{
    $length = 0;
    foreach (rows() as $i => $row) {
        $length += strlen($row);
        if ($i === 3) {
            break;
        }
    }
    $begun = rows();
    return $length + strlen($begun->current());
}

make_room_for_objects(100);
Log::$lines = new SplFixedArray(20_000);
while (measured(9000)) {
    handle();
    usleep(2000);
}
