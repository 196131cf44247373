<?php
// What an iterator is over.
// holder: {"holder": "$GLOBALS['rows']", "path": "$GLOBALS['rows'] → [*] → 'name'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(ArrayIterator $rows): void
{
    $name = str_repeat('name', 100); // @leak
    $rows[] = ['name' => $name];
}

$rows = new ArrayIterator();
while (turn()) {
    handle($rows);
}
