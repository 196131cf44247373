<?php
// A Guzzle client whose requests a mock answers.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use GuzzleHttp\Client;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Promise\Create;
use GuzzleHttp\Psr7\Response;

function mockedStack(): HandlerStack
{
    return HandlerStack::create(
        fn ($request) => Create::promiseFor(new Response(200, ['Content-Type' => 'application/json'], '{"ok":true}')),
    );
}

function client(HandlerStack $stack): Client
{
    return new Client(['handler' => $stack, 'base_uri' => 'http://localhost/']);
}
