<?php
// As many requests are under way at once as clients ask, and wait for random times. One line keeps memory; the others
// free theirs when their request is over, a child coroutine later than the request's own.
//
//   php examples/swoole/interleaved.php & server=$!
//   php examples/swoole/load.php 9501 30 40 &
//   sudo phptrace attach $server --loop Shop::onRequest --loops 300
require __DIR__ . '/tracker.php';

final class Shop
{
    public static SplFixedArray $orders;
    private static int $taken = 0;

    public function onRequest(Swoole\Http\Request $request, Swoole\Http\Response $response): void
    {
        $body = str_repeat('body', 250);
        go(function () use ($body): void {
            $mail = strrev($body);
            Co::sleep(mt_rand(1, 9) / 1000);
            strlen($mail);
        });
        for ($steps = mt_rand(1, 4); $steps > 0; $steps--) {
            $part = strtoupper($body);
            Co::sleep(mt_rand(1, 5) / 1000);
        }
        self::$orders[self::$taken++] = str_repeat('kept', 150); // leaks: 640 in static Shop::$orders → [*]
        $response->end($part);
    }
}

// An array would take more now and then, on the line that fills it: here each request keeps the same.
Shop::$orders = new SplFixedArray(1_000_000);
$http = new Swoole\Http\Server('127.0.0.1', port(), SWOOLE_BASE);
$http->on('request', [new Shop(), 'onRequest']);
$http->start();
