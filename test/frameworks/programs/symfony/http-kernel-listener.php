<?php
// A controller adds a listener for the end of its request; the dispatcher outlives the request.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->listeners", "->optimized"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/kernel.php';

use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\KernelEvents;

$dispatcher = new EventDispatcher();
serve(kernel($dispatcher, function (int $id) use ($dispatcher) {
    $dispatcher->addListener(KernelEvents::TERMINATE, fn () => $id); // @app
    return new Response("article $id");
}), pauseMicroseconds: 5000);
