<?php
// A proxy class under a new name for each call, as by a factory whose cache never hits: class tables and names grow.
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "classes | interned strings | compiled code"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n): object
{
    $class = "Proxy$n";
    eval("final class $class { public \$subject$n = 'subject of $n'; public function id$n(): int { return $n; } }"); // @leak-1
    return new $class();
}

for ($n = 0; measured(4000); $n++) {
    handle($n);
    usleep(2000);
}
