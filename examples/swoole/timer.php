<?php
// A timer runs beside the requests, also while they wait. The requests keep nothing, the timer does: it is reported as
// outside the loop.
//
//   php examples/swoole/timer.php & server=$!
//   php examples/swoole/load.php 9501 30 8 &
//   sudo phptrace attach $server --loop trackerHookMalloc
require __DIR__ . '/tracker.php';

class classA
{
    public static $history = [];
}

$http = new Swoole\Http\Server('127.0.0.1', port(), SWOOLE_BASE);

$http->on('workerStart', function () {
    Swoole\Timer::tick(5, function () {
        classA::$history[] = str_repeat('tick', 140); // leaks: outside in static classA::$history → [*]
    });
});

$http->on('request', function ($request, $response) {
    trackerHookMalloc();
    $body = str_repeat('body', 250);
    Co::sleep(mt_rand(1, 8) / 1000);
    $response->end(strrev($body));
});

$http->start();
