<?php
// Requests that the event loop serves: a timer each, promises that are resolved.
// truth: {"loop": "handle"}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use React\EventLoop\Loop;
use React\Promise\Deferred;
use function React\Promise\all;

function handle(int $number): void
{
    $answer = new Deferred();
    $timeout = Loop::addTimer(5, fn () => $answer->reject(new RuntimeException('too late')));
    Loop::futureTick(fn () => $answer->resolve("answer $number"));
    all([$answer->promise(), React\Promise\resolve($number)])
        ->then(fn (array $both) => strtoupper($both[0]))
        ->finally(fn () => Loop::cancelTimer($timeout));
}

$number = 0;
Loop::addPeriodicTimer(0.001, function ($timer) use (&$number) {
    measured() ? handle(++$number) : Loop::cancelTimer($timer);
});
