<?php
// Closures in a registry, each of which keeps the object that made it.
// holder: {"holder": "static Events::$listeners", "path": "static Events::$listeners → 'saved' → [*] → $this → ->body", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Events
{
    public static array $listeners = [];
}

final class Controller
{
    private string $body;

    public function listen(): void
    {
        $this->body = str_repeat('body', 100); // @leak
        Events::$listeners['saved'][] = function (): int {
            return strlen($this->body);
        };
    }
}

function handle(): void
{
    (new Controller())->listen();
}

while (turn()) {
    handle();
}
