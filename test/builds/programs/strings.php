<?php
// Run by a thread of threads.c until the file of PHPTRACE_STOP is there: each loop keeps a string of 1280 bytes.
final class Store
{
    public static SplFixedArray $kept;
}

function handle(int $loop): void
{
    Store::$kept[$loop] = str_repeat('x', 1200); // @leak
    usleep(3000);
}

Store::$kept = new SplFixedArray(40_000);
$stop = getenv('PHPTRACE_STOP');
echo "strings ready\n";
for ($loop = 0; $loop < 40_000 && !file_exists($stop); $loop++) {
    handle($loop);
}
echo 'strings ' . crc32(Store::$kept[0]) . "\n";
