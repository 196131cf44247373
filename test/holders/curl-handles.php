<?php
// Handles of a pool that grows.
// holder: {"holder": "static $pool in pool()", "path": "static $pool in pool() → 'idle' → [*]", "types": ["CurlHandle", "(unknown)", "array"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function pool(CurlHandle $handle): void
{
    static $pool = ['idle' => []];
    $pool['idle'][] = $handle;
}

function handle(): void
{
    $curl = curl_init('http://127.0.0.1/'); // @leak
    pool($curl);
}

while (turn()) {
    handle();
}
