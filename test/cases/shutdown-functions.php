<?php
// A shutdown function registered in each call: PHP keeps them all to its end.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "shutdown functions"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    register_shutdown_function('intdiv', $n, 2); // @leak-1
}

for ($n = 0; measured(10_000); $n++) {
    handle($n);
    usleep(2000);
}
