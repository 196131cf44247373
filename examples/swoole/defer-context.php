<?php
// Swoole Tracker's "defer, context", word for word: what a request keeps is freed by its deferred call and with its
// context object, both after its function has returned. No leak.
//
//   php examples/swoole/defer-context.php & server=$!
//   php examples/swoole/load.php &
//   sudo phptrace attach $server --loop trackerHookMalloc
require __DIR__ . '/tracker.php';

class classA
{
    public static $leak = [];
}

$http = new \Swoole\Http\Server("127.0.0.1", port(), SWOOLE_BASE);

$http->on("request", function($request, $response) {
    trackerHookMalloc();
    $context = Co::getContext();
    $context['data'] = str_repeat("big string", 1024);//context会在协程结束自动释放
    classA::$leak[] = str_repeat("big string1", 1024);
    defer(function() {
        classA::$leak = [];//注册defer释放内存
    });
    $response->end("hello world");
});

$http->start();
