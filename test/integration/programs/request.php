<?php
// A page that keeps what it makes until its request is over.
declare(strict_types=1);

$rows = [];
for ($n = 0; $n < 100; $n++) {
    $rows[] = str_repeat('row', 100 + $n);
}
echo 'worker ', getmypid(), ', ', count($rows), ' rows';
