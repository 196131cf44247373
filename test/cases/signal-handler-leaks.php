<?php
// A signal comes in the middle of each call. Its handler runs there, on the stack of the call: what it keeps is the
// call's, with the handler's own line. The line that was interrupted is innocent.
// truth: {"loop": "handle", "needs": ["posix"], "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "on_signal", "verdict": "leak", "holder": "$GLOBALS['history']", "bytesPerLoop": 640,
//              "stack": ["on_signal", "work", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function on_signal(): void
{
    global $history;
    static $signals = 0;
    $history[$signals++] = str_repeat('kept', 150); // @leak-1 600 characters, 640 bytes
}

function work(string $text): int
{
    posix_kill(posix_getpid(), SIGUSR1);
    $words = explode(' ', $text);
    return count($words);
}

function handle(int $n): void
{
    work("message number $n");
}

pcntl_async_signals(true);
pcntl_signal(SIGUSR1, 'on_signal');
$history = new SplFixedArray(20_000);
for ($n = 0; measured(19_000); $n++) {
    handle($n);
    usleep(2000);
}
