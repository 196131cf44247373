<?php
// defer-context.php without its deferred call, and with one that leaks itself.
//
//   php examples/swoole/defer-forgotten.php & server=$!
//   php examples/swoole/load.php &
//   sudo phptrace attach $server --loop trackerHookMalloc
require __DIR__ . '/tracker.php';

class classA
{
    public static $leak;
    public static $deferred;
    public static $requests = 0;
}

classA::$leak = new SplFixedArray(1000000);
classA::$deferred = new SplFixedArray(1000000);

$http = new \Swoole\Http\Server("127.0.0.1", port(), SWOOLE_BASE);

$http->on("request", function($request, $response) {
    trackerHookMalloc();
    $context = Co::getContext();
    $context['data'] = str_repeat("big string", 1024);
    classA::$leak[classA::$requests++] = str_repeat("big string1", 1024); // leaks: 12288 in static classA::$leak → [*]
    defer(function() {
        classA::$deferred[classA::$requests++] = str_repeat("late", 100); // leaks: 448 in static classA::$deferred → [*]
    });
    $response->end("hello world");
});

$http->start();
