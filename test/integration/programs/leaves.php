<?php
// Keeps 1280 bytes a turn. Told by a line on its stdin it executes another program in its place.
declare(strict_types=1);

function handle(int $n, SplFixedArray $kept): void
{
    $text = str_repeat('big string', 120); // @leak-1 1200 + 25 bytes, in the bin of 1280
    $kept[$n] = $text;
    usleep(2000);
}

stream_set_blocking(STDIN, false);
$kept = new SplFixedArray(100_000);
echo "ready\n";
for ($n = 0; $n < 100_000; $n++) {
    handle($n, $kept);
    if (fgets(STDIN) !== false) {
        pcntl_exec('/bin/sleep', ['60']);
    }
}
