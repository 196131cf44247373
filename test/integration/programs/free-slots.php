<?php
// Has free slots of 1792 bytes, says `ready`, and touches none of them until its stdin is closed.
declare(strict_types=1);

$strings = [];
for ($n = 0; $n < 40; $n++) {
    $strings[] = str_repeat('y', 1700) . $n;
}
for ($n = 0; $n < 40; $n += 2) {
    unset($strings[$n]);
}
fwrite(STDOUT, "ready\n");
while (fgets(STDIN) === false && !feof(STDIN)) {
}
