<?php
// A coroutine that never ends keeps something in a variable of its own. Each job is a loop.
//
//   php examples/swoole/long-lived-local.php &
//   sudo phptrace attach $! --loop work
function work(int $job, SplFixedArray $history): void
{
    Co::sleep(mt_rand(1, 4) / 1000);
    $history[$job] = str_repeat('done', 150); // leaks: 640 in a coroutine → [*]
}

function serve(Swoole\Coroutine\Channel $jobs): void
{
    $history = new SplFixedArray(1_000_000);
    while (($job = $jobs->pop()) !== false) {
        work($job, $history);
    }
}

Co\run(function () {
    $jobs = new Swoole\Coroutine\Channel(8);
    go('serve', $jobs);
    for ($n = 0, $end = time() + 60; time() < $end; $n++) {
        $jobs->push($n);
    }
    $jobs->close();
});
