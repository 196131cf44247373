<?php
// Requests in fibers that wait for timers and for each other; some time out, and their timers are cancelled.
// truth: {"loop": "handle"}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Amp\DeferredFuture;
use Amp\TimeoutCancellation;
use function Amp\async;
use function Amp\delay;

function handle(int $number): string
{
    $deferred = new DeferredFuture();
    $child = async(function () use ($deferred, $number) {
        delay(0.0005);
        $deferred->complete(str_repeat("answer $number ", 20));
    });
    $answer = $deferred->getFuture()->await(new TimeoutCancellation(5));
    $child->await();
    return $answer;
}

for ($number = 1; measured(); $number++) {
    $requests[] = async(handle(...), $number);
    if (count($requests) === 5) {
        Amp\Future\await($requests);
        $requests = [];
    }
}
