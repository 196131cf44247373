<?php
// One helper, reached from a request that keeps what it returns and from one that does not: the path decides.
// truth: {"loop": "handle", "loops": 80, "verdict": "leak", "exit": 1,
//   "sites": [{"file": "vendor/acme/text.php", "line": "@leak-1", "function": "Acme\\Text::repeat", "verdict": "leak",
//              "app": {"line": "@guilty", "function": "export"}, "holder": "static Exports::$kept",
//              "stack": ["Acme\\Text::repeat", "export", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/vendor/acme/text.php';

final class Exports
{
    /** Has its room from the start: a table that doubles while it is watched would be a second line. */
    public static SplFixedArray $kept;
}

function show(): int
{
    return strlen(Acme\Text::repeat('shown'));
}

function export(int $n): void
{
    Exports::$kept[$n] = Acme\Text::repeat('exported'); // @guilty
}

function handle(int $n): void
{
    show();
    if ($n % 2 === 0) {
        export($n);
    }
    show();
}

Exports::$kept = new SplFixedArray(10_000);
for ($n = 0; measured(10_000); $n++) {
    handle($n);
    usleep(2000);
}
