<?php
// Code that is compiled and never goes away: each call defines one more function by eval.
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "interned strings | compiled code"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    eval("function rule_{$n}(array \$row): string { return \$row['a_{$n}'] . 'suffix_{$n}' . count(\$row); }"); // @leak-1
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(2000);
}
