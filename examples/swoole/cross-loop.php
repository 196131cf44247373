<?php
// Swoole Tracker's "analysis across loops", word for word: each request frees what the one before left. No leak.
//
//   php examples/swoole/cross-loop.php & server=$!
//   php examples/swoole/load.php &
//   sudo phptrace attach $server --loop trackerHookMalloc
require __DIR__ . '/tracker.php';

class classA
{
    public static $leak = [];
}

$http = new \Swoole\Http\Server("127.0.0.1", port(), SWOOLE_BASE);

//Swoole Http Server的OnRequest回调
$http->on("request", function($request, $response) {
    trackerHookMalloc();
    if(isset(classA::$leak['tmp'])){
        unset(classA::$leak['tmp']);//每一次loop都释放上一次loop申请的内存
    }
    classA::$leak['tmp'] = str_repeat("big string", 1024);//申请内存 并在本次loop结束后不释放
    $response->end("hello world");
});

$http->start();
