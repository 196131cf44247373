<?php
// Swoole Tracker's "child coroutines", word for word: what a loop allocates is freed by the child of its child. No leak.
//
//   php examples/swoole/child-coroutines.php &
//   sudo phptrace attach $! --loop trackerHookMalloc --loops 10
require __DIR__ . '/tracker.php';

class classA
{
    public static $leak = [];
}

function loop() {
    trackerHookMalloc();
    classA::$leak[] = str_repeat("big string", 1024);//申请内存
    go(function() {
        echo co::getcid() . "child\n";
        go(function() {
            echo co::getcid()."child2\n";
            classA::$leak = [];//释放内存
        });
    });
}

Co\run(function(){
    while (1) {
        loop();
        sleep(1);
    }
});
