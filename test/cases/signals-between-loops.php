<?php
// A timer's signal comes between the calls, and now and then in the middle of one, where its handler counts. It keeps
// memory only where it comes between them: outside the loop.
// truth: {"loop": "handle", "needs": ["posix"], "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "on_signal", "verdict": "leak", "holder": "$GLOBALS['history']", "outside": true, "bytesPerLoop": 640}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function on_signal(): void
{
    global $history, $signals, $isBusy;
    $signals++;
    if (!$isBusy) {
        $history[$signals] = str_repeat('kept', 150); // @leak-1 600 characters, 640 bytes
    }
}

function handle(int $n): void
{
    global $isBusy;
    $isBusy = true;
    $words = explode(' ', "message number $n");
    if ($n % 3 === 0) {
        posix_kill(posix_getpid(), SIGALRM);
    }
    sort($words);
    $isBusy = false;
}

pcntl_async_signals(true);
pcntl_signal(SIGALRM, 'on_signal');
$signals = 0;
$history = new SplFixedArray(40_000);
for ($n = 0; measured(19_000); $n++) {
    handle($n);
    posix_kill(posix_getpid(), SIGALRM);
    usleep(2000);
}
