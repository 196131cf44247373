<?php
// A static variable of a function.
// holder: {"holder": "static $seen in handle()", "path": "static $seen in handle() → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    static $seen = [];
    $seen[] = str_repeat('seen', 100); // @leak
}

while (turn()) {
    handle();
}
