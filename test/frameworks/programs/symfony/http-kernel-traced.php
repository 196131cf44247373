<?php
// A worker with the debug dispatcher: services_resetter, which would reset it after each request, is not called.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->stopwatch", "->dispatchDepth", "->orphanedEvents"],
//   "line": {"file": "symfony/stopwatch/StopwatchEvent.php", "has": "$this->started[] = $this->getNow();"}}}
declare(strict_types=1);

require __DIR__ . '/kernel.php';

use Symfony\Component\EventDispatcher\Debug\TraceableEventDispatcher;
use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Stopwatch\Stopwatch;

$dispatcher = new TraceableEventDispatcher(new EventDispatcher(), new Stopwatch());
serve(kernel($dispatcher, function (int $id) use ($dispatcher) {
    $dispatcher->dispatch(new stdClass(), "article.$id"); // @app
    return new Response("article $id");
}), pauseMicroseconds: 2000);
