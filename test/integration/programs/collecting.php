<?php
// Has the cycle collector at work nearly all the time, on objects that refer to each other and are all kept.
declare(strict_types=1);

final class Node
{
    public ?Node $next = null;
    public ?Node $before = null;
}

$nodes = [];
for ($n = 0; $n < 60_000; $n++) {
    $nodes[$n] = $node = new Node();
    $node->before = $nodes[$n - 1] ?? null;
    if ($n > 0) {
        $nodes[$n - 1]->next = $node;
    }
}
unset($node);
echo "ready\n";
for ($end = time() + 30; time() < $end;) {
    // Each of them becomes a possible root, and the collector walks through all.
    foreach ($nodes as $one) {
        $two = $one;
    }
    unset($one, $two);
    gc_collect_cycles();
    usleep(2000);
}
