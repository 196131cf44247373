<?php
// An expression with its values written into it is compiled for each call. Its code goes at once, its names and texts
// stay in PHP's table of interned strings.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "interned strings"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): string
{
    return eval("\$order = 'order $n'; return \$order . ' of many, $n';"); // @leak-1
}

for ($n = 0; measured(9000); $n++) {
    handle($n);
    usleep(2000);
}
