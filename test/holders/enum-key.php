<?php
// Objects below a key that an enum gives.
// holder: {"holder": "static Pool::$idle", "path": "static Pool::$idle → 'read' → [*]", "types": ["ArrayObject", "array"]}
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
    Pool::$idle[Kind::Read->value][] = new ArrayObject([1]); // @leak
}

while (turn()) {
    handle();
}
