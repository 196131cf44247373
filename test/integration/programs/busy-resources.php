<?php
// Opens and closes streams without a pause, beside two thousand that stay open.
declare(strict_types=1);

$open = [];
for ($n = 0; $n < 2000; $n++) {
    $open[] = fopen('php://memory', 'r+');
}
$end = hrtime(true) + 60_000_000_000;
fwrite(STDOUT, "ready\n");
while (hrtime(true) < $end) {
    $at = array_rand($open);
    fclose($open[$at]);
    $open[$at] = fopen('php://memory', 'r+');
}
