<?php
// Constants whose names are data.
// holder: {"holder": "constant TENANT_*", "path": "constant TENANT_*", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    $value = str_repeat('value', 100); // @leak
    define("TENANT_$n", $value);
}

for ($n = 0; turn(); $n++) {
    handle($n);
}
