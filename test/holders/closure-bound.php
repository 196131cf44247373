<?php
// A variable that a closure has bound by reference.
// holder: {"holder": "$GLOBALS['listener']", "path": "$GLOBALS['listener'] → $heard → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function listener(): Closure
{
    $heard = [];
    return function () use (&$heard): void {
        $event = str_repeat('event', 100); // @leak
        $heard[] = $event;
    };
}

function handle(Closure $listener): void
{
    $listener();
}

$listener = listener();
while (turn()) {
    handle($listener);
}
