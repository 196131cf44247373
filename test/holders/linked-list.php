<?php
// A linked list.
// holder: {"holder": "$GLOBALS['head']", "path": "$GLOBALS['head'] → ->next → … → ->text", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Node
{
    public string $text = '';
    public ?Node $next = null;
}

function handle(): void
{
    $node = new Node();
    $node->text = str_repeat('text', 100); // @leak
    $node->next = $GLOBALS['head'];
    $GLOBALS['head'] = $node;
}

$head = null;
while (turn()) {
    handle();
}
