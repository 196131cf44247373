<?php
// An error handler is set in each call and never restored: the engine keeps a stack of them.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "stack of error handlers"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): void
{
    set_error_handler(static fn (int $level, string $message): bool => $n > $level); // @leak-1
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(2000);
}
