<?php
// Works until its stdin is closed, then does what its argument says: exit, fork, exec or fatal; prints the same each time.
declare(strict_types=1);

function handle(int $n): int
{
    static $kept = [];
    $kept[$n % 50] = str_repeat("kept ", 200);
    return strlen(implode(',', $kept)) > 0 ? 1 : 0;
}

function work(int $calls): int
{
    $sum = 0;
    for ($n = 0; $n < $calls; $n++) {
        $sum += handle($n);
    }
    return $sum;
}

function forks(): void
{
    for ($child = 1; $child <= 3; $child++) {
        $pid = pcntl_fork();
        if ($pid === 0) {
            echo "child $child: ", work(2000), "\n";
            exit($child);
        }
        pcntl_waitpid($pid, $status);
        echo "child $child ended with ", pcntl_wexitstatus($status), "\n";
        work(100);
    }
    echo "parent: ", work(2000), "\n";
}

function runsOutOfMemory(): never
{
    ini_set('memory_limit', '32M');
    $all = [];
    while (true) {
        $all[] = str_repeat('x', 100_000);
    }
}

stream_set_blocking(STDIN, false);
$end = time() + 60;
echo "ready\n";
while (!feof(STDIN) && time() < $end) {
    fread(STDIN, 1);
    work(5);
    usleep(1000);
}
echo "going\n";
match ($argv[1]) {
    'exit' => exit(work(300) === 300 ? 3 : 4),
    'fork' => forks(),
    'exec' => pcntl_exec(PHP_BINARY, ['-r', 'echo "another program\n"; exit(5);']),
    'fatal' => runsOutOfMemory(),
};
