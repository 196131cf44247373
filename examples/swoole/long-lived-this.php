<?php
// Swoole Tracker's second example, word for word but for the address: run() never ends, so $this is as good as global.
//
//   php examples/swoole/long-lived-this.php & server=$!
//   php examples/swoole/load.php &
//   sudo phptrace attach $server --loop long-lived-this.php:17
require __DIR__ . '/tracker.php';

class Test {
    public $pro = null;

    function run() {
        $var = "Im global var now";//此处 $var 是长生命周期。

        $http = new \Swoole\Http\Server("127.0.0.1", port(), SWOOLE_BASE);

        $http->on("request", function($req, $resp) {
            //此处没有给类的静态属性赋值,没有给全局变量赋值,
            //也没有给函数的静态变量赋值,但是这里是泄漏的,因为 $this 变成长生命周期了。
            $this->pro[] = str_repeat("big string", 1024); // leaks: ~12288 in ->pro → [*]
            $resp->end("hello world");
        });

        $http->start();
        echo "run done\n"; //输出不了
        //这个函数永远不会结束,局部变量也变成了"全局变量"
    }
}

(new Test())->run();
