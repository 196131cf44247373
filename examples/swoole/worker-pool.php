<?php
// Four coroutines that never end take jobs out of a channel: a loop is a job, not a coroutine.
//
//   php examples/swoole/worker-pool.php &
//   sudo phptrace attach $! --loop work
final class Done
{
    public static SplFixedArray $jobs;
}

function work(int $job): void
{
    $body = str_repeat("job $job ", 100);
    Co::sleep(mt_rand(1, 4) / 1000);
    Done::$jobs[$job] = md5($body); // leaks: 64 in static Done::$jobs → [*]
}

Done::$jobs = new SplFixedArray(1_000_000);
Co\run(function () {
    $jobs = new Swoole\Coroutine\Channel(8);
    for ($i = 0; $i < 4; $i++) {
        go(function () use ($jobs) {
            while (($job = $jobs->pop()) !== false) {
                work($job);
            }
        });
    }
    for ($n = 0, $end = time() + 60; time() < $end; $n++) {
        $jobs->push($n);
    }
    $jobs->close();
});
