<?php
// An autoloader registered in each call, as by a plugin that is booted for each request.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "autoloaders"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    spl_autoload_register(function (string $class) use ($n): void {}); // @leak-1
}

for ($n = 0; measured(5000); $n++) {
    handle($n);
    usleep(2000);
}
