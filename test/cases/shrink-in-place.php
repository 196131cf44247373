<?php
// json_encode() makes a buffer and shrinks it to its text, here from a block of 256 bytes to a request of just 224: PHP
// leaves such a block where it is.
// truth: {"loop": "handle", "loops": 40, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static Sent::$texts"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Sent
{
    public static array $texts = [];
}

function handle(): void
{
    Sent::$texts[] = json_encode(str_repeat('x', 190)); // @leak-1
}

while (measured(10_000)) {
    handle();
    usleep(3000);
}
