<?php
// A request a turn, two at once, answers read.
// truth: {"loop": "fetch"}
declare(strict_types=1);

require __DIR__ . '/client.php';

use GuzzleHttp\Client;
use GuzzleHttp\Promise\Utils;

function fetch(Client $client, int $number): int
{
    $responses = Utils::unwrap([
        $client->getAsync("items/$number"),
        $client->postAsync('items', ['json' => ['number' => $number]]),
    ]);
    return strlen((string) $responses[0]->getBody()) + $responses[1]->getStatusCode();
}

$client = client(mockedStack());
for ($number = 1; measured(); $number++) {
    fetch($client, $number);
}
