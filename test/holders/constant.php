<?php
// A constant that is an object.
// holder: {"holder": "constant REGISTRY", "path": "constant REGISTRY → ->services → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Registry
{
    public array $services = [];
}

define('REGISTRY', new Registry());

function handle(): void
{
    REGISTRY->services[] = str_repeat('service', 60); // @leak
}

while (turn()) {
    handle();
}
