<?php
// A static variable of a function.
// holder: {"holder": "static $seen in handle()", "path": "static $seen in handle() → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    static $seen = [];
    $text = str_repeat('seen', 100); // @leak
    $seen[] = $text;
}

while (turn()) {
    handle();
}
