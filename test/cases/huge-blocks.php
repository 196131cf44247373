<?php
// Blocks over 2 MB, one kept by each call. Run from the start, for a few seconds of it would fill the machine. For each
// of them the allocator keeps a record of 24 bytes of its own, which no line asked for.
// truth: {"loop": "handle", "how": "run", "loops": 40, "verdict": "leak", "exit": 1, "allocatorsOwn": 24,
//   "sites": [{"line": "@leak-1", "function": "Images::load", "verdict": "leak",
//              "holder": "static Images::$cache", "bytesPerLoop": 2203648}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Images
{
    private static ?SplFixedArray $cache = null;

    public static function load(int $n): void
    {
        self::$cache ??= new SplFixedArray(1000);
        $image = str_repeat('pixels', 367_000); // @leak-1 2202000 + 25 bytes, rounded up to pages
        self::$cache[$n] = $image;
    }
}

function handle(int $n): void
{
    Images::load($n);
}

for ($n = 0; measured(60); $n++) {
    handle($n);
    usleep(2000);
}
