<?php
// Functions of a persistent database connection.
// holder: {"holder": "persistent resource 'PDO:DBH:DSN…'", "path": "persistent resource 'PDO:DBH:DSN…' → [*]", "types": ["Closure", "array"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(PDO $database, int $n): void
{
    $function = static fn (int $x): int => $x + $n; // @leak
    $database->sqliteCreateFunction("add$n", $function);
}

$database = new PDO('sqlite::memory:', null, 'secret', [PDO::ATTR_PERSISTENT => true]);
for ($n = 0; turn(); $n++) {
    handle($database, $n);
}
