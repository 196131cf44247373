<?php
// Each request pushes its middleware onto the handler stack that all share.
// truth: {"loop": "fetch", "leak": {"app": "@app", "holders": ["->stack", "->cached"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/client.php';

use GuzzleHttp\Client;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Middleware;

function fetch(Client $client, HandlerStack $stack, int $number): void
{
    $header = fn ($request) => $request->withHeader('X-Request', (string) $number); // @app
    $stack->push(Middleware::mapRequest($header));
    $client->get('items');
}

$stack = mockedStack();
$client = client($stack);
for ($number = 1; measured(500); $number++) {
    fetch($client, $stack, $number);
    usleep(20_000);
}
