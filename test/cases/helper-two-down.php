<?php
// The line that allocates is two frames below the loop function: the report names it and the way to it.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "remember", "verdict": "leak",
//              "holder": "static $seen in remember()", "stack": ["remember", "parse", "handle", "{main}"],
//              "app": {"line": "@leak-1", "function": "remember"}}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function remember(string $line): void
{
    static $seen = [];
    $seen[] = strtoupper($line); // @leak-1
}

function parse(string $text): int
{
    remember($text);
    return strlen($text);
}

function handle(string $text): int
{
    return parse($text) + 1;
}

$text = str_repeat('a message of some length; ', 20);
while (measured()) {
    handle($text);
    usleep(2000);
}
