<?php
// Functions that eval makes.
// holder: {"holder": "compiled code", "path": "compiled code", "types": ["string", "(code)", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    eval("function made$n() { return 'text $n'; }"); // @leak
}

for ($n = 0; turn(); $n++) {
    handle($n);
}
