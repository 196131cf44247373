<?php
// Protocols of its own, registered again and again.
// holder: {"holder": "stream wrapper 'tenant*'", "path": "stream wrapper 'tenant*'", "types": ["(unknown)", "string", "resource"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Storage
{
    public mixed $context;
}

function handle(int $n): void
{
    stream_wrapper_register("tenant$n", Storage::class); // @leak
}

// The tables of protocols and of resources double now, and not while they are looked at.
for ($n = 0; $n < 8500; $n++) {
    stream_wrapper_register("tenant$n", Storage::class);
}
for (; turn(); $n++) {
    handle($n);
}
