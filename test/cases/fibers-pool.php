<?php
// Eight fibers that never end take requests by turns: a request is over when its function has returned, not when its
// fiber has ended.
// truth: {"loop": "handle", "since": "8.1", "loops": 100, "verdict": "leak", "exit": 1, "underWay": 30000,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 320}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $kept): void
{
    $body = str_repeat('body', 500);
    for ($steps = $n % 3; $steps >= 0; $steps--) {
        Fiber::suspend();
    }
    $kept[$n] = str_repeat('kept', 70); // @leak-1 280 characters, 320 bytes
}

$kept = new SplFixedArray(20_000);
$next = 0;
$workers = new SplFixedArray(8);
foreach ($workers as $i => $_) {
    $workers[$i] = new Fiber(static function () use ($kept, &$next): void {
        while (measured(19_000)) {
            handle($next++, $kept);
            Fiber::suspend();
        }
    });
    $workers[$i]->start();
}
while (!$workers[0]->isTerminated()) {
    foreach ($workers as $worker) {
        if (!$worker->isTerminated()) {
            $worker->resume();
        }
    }
    usleep(1000);
}
