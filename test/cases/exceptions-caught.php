<?php
// Exceptions with a chain and long traces, caught and dropped.
// truth: {"loop": "handle", "verdict": "clean", "exit": 0, "silent": true}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function fails(int $depth): never
{
    if ($depth > 0) {
        fails($depth - 1);
    }
    throw new LogicException(str_repeat('no ', 50));
}

function handle(): int
{
    try {
        try {
            fails(10);
        } catch (LogicException $cause) {
            throw new RuntimeException('failed', 1, $cause);
        } finally {
            $text = str_repeat('finally', 20);
        }
    } catch (RuntimeException $error) {
        return strlen($error->getTraceAsString()) + strlen($text);
    }
    return 0;
}

while (measured()) {
    handle();
    usleep(2000);
}
