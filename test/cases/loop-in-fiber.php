<?php
// The worker's loop runs inside a fiber, as under an event loop, and half of the calls are suspended on their way.
// truth: {"loop": "handle", "since": "8.1", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['fiber']",
//              "path": "$GLOBALS['fiber'] → $kept → [*]", "bytesPerLoop": 256,
//              "stack": ["handle", "{closure}", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $kept): void
{
    $kept[$n] = str_repeat('kept', 50); // @leak-1 200 characters, 256 bytes
    $body = str_repeat('body', 1000);
    if ($n % 2 === 0) {
        Fiber::suspend(strlen($body));
    }
}

$fiber = new Fiber(static function (): void {
    $kept = new SplFixedArray(20_000);
    for ($n = 0; measured(19_000); $n++) {
        handle($n, $kept);
        usleep(2000);
    }
});
$fiber->start();
while (!$fiber->isTerminated()) {
    $fiber->resume();
}
