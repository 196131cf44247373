<?php
// Arrays that are constants of classes and are worked out when they are first read.
// holder: {"holder": "constant Plan*::ROWS", "path": "constant Plan*::ROWS", "types": ["array"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    $rows = constant("Plan$n::ROWS"); // @leak
}

for ($n = 0; $n < 2000; $n++) {
    eval("final class Plan$n { public const ROWS = [LIMIT => 'first', LIMIT + 1 => [LIMIT, 'second']]; }");
}
// Now, not before: what is known when a class is compiled is worked out there and then.
define('LIMIT', 100);
for ($n = 0; turn() && $n < 2000; $n++) {
    handle($n);
    usleep(5000);
}
