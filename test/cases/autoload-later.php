<?php
// A class that is first needed in the fifth call: its code stays, once.
// truth: {"loop": "handle", "how": "run", "loops": 60, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@loaded-1", "function": "{closure}", "verdict": "bounded"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

spl_autoload_register(static function (string $class): void {
    require __DIR__ . "/lib/$class.php"; // @loaded-1
});

function handle(int $n): string
{
    return $n >= 5 ? LateService::answer($n) : 'too early';
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
