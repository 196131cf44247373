<?php
// One request that works for long: each turn keeps 1280 bytes, of a string that opcache cannot make beforehand, until
// a file named `stop` lies in the folder for temporary files.

$kept = new SplFixedArray(12_000);
$stop = sys_get_temp_dir() . '/stop';
for ($turn = 0; $turn < 12_000 && ! file_exists($stop); $turn++) {
    $kept[$turn] = str_repeat('x', 1200 + $turn % 2); // @leak-1
    if ($turn % 50 === 0) {
        echo 'turn ', $turn, "\n";
        if (ob_get_level() > 0) ob_flush();
        flush();
    }
    clearstatcache();
    usleep(5000);
}
echo getmypid();
