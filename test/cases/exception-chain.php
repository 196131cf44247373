<?php
// The last error is kept, each has the one before as its cause, and so none ever goes.
// truth: {"loop": "handle", "slow": true, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Job::run", "verdict": "leak", "holder": "static Job::$lastError"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Job
{
    public static ?Throwable $lastError = null;

    public function run(int $n): void
    {
        throw new RuntimeException('as each time', $n, self::$lastError); // @leak-1
    }
}

function handle(int $n): void
{
    try {
        (new Job())->run($n);
    } catch (RuntimeException $error) {
        Job::$lastError = $error;
    }
}

// Arguments would be kept too, and each version lays their arrays out in its own way.
ini_set('zend.exception_ignore_args', '1');
make_room_for_objects(6000);
for ($n = 0; measured(5500); $n++) {
    handle($n);
    usleep(4000);
}
