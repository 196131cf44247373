<?php
// Each request starts a periodic timer, and never cancels it.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->timers"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use React\EventLoop\Loop;

function handle(int $number): void
{
    Loop::addPeriodicTimer(3600, fn () => $number); // @app
}

$number = 0;
Loop::addPeriodicTimer(0.001, function () use (&$number) {
    measured() ? handle(++$number) : Loop::stop();
});
