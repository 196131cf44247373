<?php
// Streams in memory that are kept open.
// holder: {"holder": "static Files::$open", "path": "static Files::$open → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Files
{
    public static array $open = [];
}

function handle(): void
{
    $file = fopen('php://memory', 'w+');
    fwrite($file, str_repeat('content', 100)); // @leak
    Files::$open[] = $file;
}

while (turn()) {
    handle();
}
