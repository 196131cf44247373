<?php
// A leak of the seed: run() never leaves, so $this, which nobody meant to keep, lives as long as the process, and the
// handler appends to its property.
// truth: {"loop": "long-lived-this.php:@loop", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Test::{closure}", "verdict": "leak",
//              "holder": "$this of Test::run() at {file}:@run",
//              "path": "$this of Test::run() at {file}:@run → ->pro → [*]"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

/** Calls its handler for each request, as a server's event loop does. */
final class Server
{
    private Closure $onRequest;

    public function on(string $event, Closure $handler): void
    {
        $this->onRequest = $handler;
    }

    public function start(): void
    {
        while (measured(10_000)) {
            ($this->onRequest)();
            usleep(5000);
        }
    }
}

final class Test
{
    public $pro = null;

    public function run(): void // @run
    {
        $server = new Server();
        $server->on('request', function () { // @loop
            $this->pro[] = str_repeat('big string', 1024); // @leak-1
        });
        $server->start();
    }
}

(new Test())->run();
