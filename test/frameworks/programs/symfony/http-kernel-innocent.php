<?php
// Requests whose controller is found by the router and answers.
// truth: {"loop": "handle"}
declare(strict_types=1);

require __DIR__ . '/kernel.php';

use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;

$controller = fn (Request $request, int $id) => new Response("article $id of " . $request->getHost());
serve(kernel(new EventDispatcher(), $controller));
