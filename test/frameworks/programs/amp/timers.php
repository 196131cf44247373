<?php
// Each request starts a timer that repeats, and never cancels it.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->callbacks", "->timerQueue"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Revolt\EventLoop;
use function Amp\async;
use function Amp\delay;

function handle(int $number): void
{
    EventLoop::unreference(EventLoop::repeat(3600, fn () => $number)); // @app
    delay(0.001);
}

for ($number = 1; measured(); $number++) {
    async(handle(...), $number)->await();
}
