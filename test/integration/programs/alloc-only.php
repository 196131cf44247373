<?php
// Does nothing but allocate and free, small, large and huge blocks, until its stdin is closed.
stream_set_blocking(STDIN, false);
fwrite(STDOUT, "ready\n");
$kept = [];
do {
    for ($i = 0; $i < 20000; $i++) {
        $kept[$i % 500] = str_repeat('x', ($i * 37) % 6000);
        $kept[500] = [$i, [$i], new ArrayObject([$i])];
    }
    $kept[501] = str_repeat('y', 3 << 20);
    fgets(STDIN);
} while (!feof(STDIN));
exit(3);
