<?php
// Objects below a key that an enum gives.
// holder: {"holder": "static Pool::$idle", "path": "static Pool::$idle → 'read' → [*]", "types": ["array", "ArrayObject"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

enum Kind: string
{
    case Read = 'read';
}

final class Pool
{
    public static array $idle = [];
}

function handle(): void
{
    $idle = new ArrayObject([1]); // @leak
    Pool::$idle[Kind::Read->value][] = $idle;
}

while (turn()) {
    handle();
}
