<?php
// Attributes of functions that eval makes.
// holder: {"holder": "attribute #[Note] of noted*()", "path": "attribute #[Note] of noted*() → [*]", "types": ["string", "array", "(unknown)", "(engine)", "(code)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    eval("#[Note('" . str_repeat('note', 500) . "$n')] function noted$n() {}"); // @leak
}

// The table of functions doubles now, and not while it is looked at.
for ($n = 0; count(get_defined_functions()['internal']) + $n < 4100; $n++) {
    eval("function filled$n() {}");
}
for ($n = 0; turn(); $n++) {
    handle($n);
}
