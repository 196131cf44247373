<?php
// The history middleware, made for tests, was left in: it keeps each request and its answer, and with them streams,
// whose own memory is said to be held by the resource.
// truth: {"loop": "fetch", "leak": {"app": "@app", "holders": ["$GLOBALS['history']", "resource #"],
//   "line": {"file": "guzzlehttp/psr7/src/Utils.php", "has": "$handle = fopen($filename, $mode);"}}}
declare(strict_types=1);

require __DIR__ . '/client.php';

use GuzzleHttp\Client;
use GuzzleHttp\Middleware;

function fetch(Client $client, int $number): void
{
    $client->get("items/$number"); // @app
}

$history = [];
$stack = mockedStack();
$stack->push(Middleware::history($history));
$client = client($stack);
for ($number = 1; measured(); $number++) {
    fetch($client, $number);
    usleep(2000);
}
