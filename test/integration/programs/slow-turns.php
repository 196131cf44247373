<?php
// Each turn takes 0.8 seconds, in which another function is called again and again.
declare(strict_types=1);

function step(int $n): int
{
    usleep(20_000);
    return $n + 1;
}

function work(): int
{
    $n = 0;
    while ($n < 40) {
        $n = step($n);
    }
    return $n;
}

function serve(float $end): void
{
    while (microtime(true) < $end) {
        work();
    }
}

echo "ready\n";
serve(microtime(true) + 40 * (int) (getenv('PHPTRACE_PATIENCE') ?: 1));
