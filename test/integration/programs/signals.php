<?php
// Says each SIGUSR1 that it gets, until its stdin is closed.
pcntl_async_signals(true);
$count = 0;
pcntl_signal(SIGUSR1, function () use (&$count): void {
    fwrite(STDOUT, 'signal ' . ++$count . "\n");
});
stream_set_blocking(STDIN, false);
fwrite(STDOUT, "ready\n");
do {
    for ($i = 0; $i < 1000; $i++) {
        md5((string) $i);
    }
    fgets(STDIN);
} while (!feof(STDIN));
