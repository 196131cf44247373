<?php
// Run by a thread of threads.c until the file of PHPTRACE_STOP is there: each loop replaces what the last one kept.
function handle(int $loop): int
{
    static $last = '';
    $last = str_repeat(chr(65 + $loop % 26), 3000);
    usleep(3000);
    return strlen($last);
}

$stop = getenv('PHPTRACE_STOP');
$length = 0;
echo "innocent ready\n";
for ($loop = 0; $loop < 40_000 && !file_exists($stop); $loop++) {
    $length = handle($loop);
}
echo 'innocent ' . $length . "\n";
