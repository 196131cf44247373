<?php
// Functions that eval makes.
// holder: {"holder": "compiled code", "path": "compiled code", "types": ["(code)", "string", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

/** Long enough that most of what a function takes is its instructions. */
const BODY = '$x += 1; $x += 2; $x += 3; $x += 4; $x += 5; $x += 6; $x += 7; $x += 8; $x += 9; $x += 10; $x += 11; $x += 12;';

function handle(int $n): void
{
    eval("function made$n(\$x) { " . BODY . " return \$x; }"); // @leak
}

// The table of functions doubles now, and not while it is looked at.
for ($n = 0; count(get_defined_functions()['internal']) + $n < 4100; $n++) {
    eval("function filled$n() {}");
}
// What is compiled lies in arenas of 64 kB: a new one has room for what is made while somebody looks, at this pace.
do {
    $before = memory_get_usage();
    eval('function filled' . $n++ . '() {}');
} while (memory_get_usage() - $before < 65_536);
for ($n = 0; turn(); $n++) {
    handle($n);
    usleep(15_000);
}
