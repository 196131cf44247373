<?php
// An event registry that each request adds a listener to.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['listeners']",
//              "path": "$GLOBALS['listeners'] → [*] → $payload", "bytesPerLoop": 1280},
//             {"line": "@leak-2", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['listeners']",
//              "bytesPerLoop": {"7.4": 696, "8.1": 760}}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $listeners): void
{
    $payload = str_repeat('payload ', 150); // @leak-1 1200 + 25 bytes, in the bin of 1280
    $listeners[$n] = function () use ($payload): string { // @leak-2 the closure and its variables
        return $payload;
    };
}

make_room_for_objects(12_000);
$listeners = new SplFixedArray(12_000);
for ($n = 0; measured(11_000); $n++) {
    handle($n, $listeners);
    usleep(2000);
}
