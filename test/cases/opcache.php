<?php
// With opcache on, code lies in shared memory and is optimised.
// truth: {"loop": "handle", "ini": ["opcache.enable_cli=1"], "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "text", "verdict": "leak",
//              "holder": "$GLOBALS['kept']", "bytesPerLoop": 256,
//              "stack": ["text", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function text(string $word): string
{
    return str_repeat($word, 50); // @leak-1 200 characters, 256 bytes
}

function handle(int $n, SplFixedArray $kept): void
{
    $kept[$n] = text($n % 2 === 0 ? 'even' : 'odd.');
}

$kept = new SplFixedArray(20_000);
for ($n = 0; measured(19_000); $n++) {
    handle($n, $kept);
    usleep(2000);
}
