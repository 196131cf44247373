<?php
// Fills an array that was large before, and ends by itself.
declare(strict_types=1);

final class Worker
{
    /** @var array<int, bool> */
    private static array $seen = [];

    public static function job(int $n): void
    {
        self::$seen[$n * 2] = true; // @leak-1
    }
}

for ($n = 0; $n < 5000; $n++) {
    Worker::job($n);
}
fwrite(STDOUT, "ready\n");
$end = hrtime(true) + 1_000_000_000 * (int) ($argv[1] ?? 6);
for (; hrtime(true) < $end; $n++) {
    Worker::job($n);
    usleep(2000);
}
