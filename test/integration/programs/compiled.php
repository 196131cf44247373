<?php

// Keeps something made in each of many ways, a line each, in every turn. What keeps it is a list that never grows a
// table. random_bytes() calls php_random_bytes, which can be watched as a native function.

declare(strict_types=1);

final class Node
{
    public mixed $joined = null;
    public mixed $appended = null;
    public mixed $list = null;
    public mixed $nested = null;
    public mixed $copied = null;
    public mixed $called = null;
    public mixed $closure = null;

    public function __construct(public ?Node $next)
    {
    }
}

function part(int $i): string
{
    return 'part ' . $i;
}

function keep(?Node $head, int $i): Node
{
    $node = new Node($head);
    $name = part($i % 7);
    $node->joined = $name . ' joined to ' . $i;
    $node->appended = $name;
    $node->appended .= ' and something longer behind it';
    $node->list = [$i, $i + 1, $i + 2];
    $node->nested = [];
    $node->nested['a'][] = $i;
    $node->copied = $node->list;
    $node->copied[] = 3;
    $node->called = str_repeat('x', 100 + $i % 2);
    $node->closure = function () use ($i) {
        return $i;
    };
    $unset = str_repeat('y', 50 + $i % 3);
    return $node;
}

function turn(?Node $head, int $i): Node
{
    random_bytes(1);
    return keep($head, $i);
}

$head = null;
for ($i = 0; $i < 2000; $i++) {
    $head = turn($head, $i);
}
echo "ready\n";
while (true) {
    $i++;
    $head = turn($head, $i);
    usleep(2000);
}
