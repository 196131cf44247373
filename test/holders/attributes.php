<?php
// Attributes of functions that eval makes.
// holder: {"holder": "attribute #[Note] of noted*()", "path": "attribute #[Note] of noted*() → [*]", "types": ["string", "…"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

/** Long: in the arenas of 64 kB, one of which may be made while somebody looks, lies less of it all. */
const NOTE = 3000;

function handle(int $n): void
{
    eval("#[Note('" . str_repeat('note', NOTE) . "$n')] function noted$n() {}"); // @leak
}

// The table of functions doubles now, and not while it is looked at.
for ($n = 0; count(get_defined_functions()['internal']) + $n < 4100; $n++) {
    eval("function filled$n() {}");
}
for ($n = 0; turn(); $n++) {
    handle($n);
    usleep(4000);
}
