<?php
// A static variable of a static closure, which a class keeps.
// holder: {"holder": "static Middleware::$stack", "path": "static Middleware::$stack → 'trace' → $seen → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Middleware
{
    public static array $stack = [];
}

Middleware::$stack['trace'] = static function (): void {
    static $seen = [];
    $request = str_repeat('request', 60); // @leak
    $seen[] = $request;
};

function handle(): void
{
    Middleware::$stack['trace']();
}

while (turn()) {
    handle();
}
