<?php
// Each request listens to the promise of a shutdown, which is resolved once in the process's life.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->handlers"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use React\EventLoop\Loop;
use React\Promise\Deferred;

function handle(Deferred $shutdown, int $number): void
{
    $shutdown->promise()->then(fn () => $number); // @app
}

$shutdown = new Deferred();
$number = 0;
Loop::addPeriodicTimer(0.001, function ($timer) use (&$number, $shutdown) {
    measured() ? handle($shutdown, ++$number) : Loop::cancelTimer($timer);
});
