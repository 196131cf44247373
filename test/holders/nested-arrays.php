<?php
// Arrays within arrays.
// holder: {"holder": "static Tree::$nodes", "path": "static Tree::$nodes → [*] → 'children' → [0] → 'name'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Tree
{
    public static array $nodes = [];
}

function handle(int $n): void
{
    $name = str_repeat('name', 100); // @leak
    Tree::$nodes["parent$n"]['children'][] = ['name' => $name];
}

for ($n = 0; turn(); $n++) {
    handle($n);
}
