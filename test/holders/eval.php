<?php
// Functions that eval makes.
// holder: {"holder": "compiled code", "path": "compiled code", "types": ["string", "(code)", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    eval("function made$n() { return 'text $n'; }"); // @leak
}

// The table of functions doubles now, and not while it is looked at.
for ($n = 0; count(get_defined_functions()['internal']) + $n < 4100; $n++) {
    eval("function filled$n() {}");
}
for ($n = 0; turn(); $n++) {
    handle($n);
}
