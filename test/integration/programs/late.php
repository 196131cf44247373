<?php
// The loop function is in a file that is included only after two seconds.
declare(strict_types=1);

echo "ready\n";
$end = time() + 20;
$late = hrtime(true) + 2_000_000_000;
while (hrtime(true) < $late) {
    strlen(str_repeat('idle', 100));
    usleep(3000);
}
require __DIR__ . '/late-functions.php';
while (time() < $end) {
    lateHandle();
    usleep(3000);
}
