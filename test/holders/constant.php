<?php
// A constant that is an object.
// holder: {"holder": "constant REGISTRY", "path": "constant REGISTRY → ->services → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Registry
{
    private array $services = [];

    public function add(string $service): void
    {
        $this->services[] = $service;
    }
}

define('REGISTRY', new Registry());

function handle(): void
{
    $service = str_repeat('service', 60); // @leak
    REGISTRY->add($service);
}

while (turn()) {
    handle();
}
