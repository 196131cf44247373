<?php
// One request that works for long: each turn keeps 1280 bytes, until a file named `stop` lies beside the first argument.

$kept = [];
$stop = sys_get_temp_dir() . '/stop';
for ($turn = 0; $turn < 12_000 && ! file_exists($stop); $turn++) {
    $kept[] = str_repeat('x', 1200); // @leak-1
    if ($turn % 50 === 0) {
        echo 'turn ', $turn, "\n";
        if (ob_get_level() > 0) ob_flush();
        flush();
    }
    clearstatcache();
    usleep(5000);
}
echo getmypid();
