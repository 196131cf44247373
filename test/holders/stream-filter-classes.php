<?php
// Filters of its own, registered under a new name each time.
// holder: {"holder": "stream filter 'tenant.*'", "path": "stream filter 'tenant.*'", "types": ["string", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Redact extends php_user_filter
{
}

function handle(int $n): void
{
    stream_filter_register("tenant.$n", Redact::class); // @leak
}

// The tables of filters double now, and not while they are looked at.
for ($n = 0; $n < 8500; $n++) {
    stream_filter_register("tenant.$n", Redact::class);
}
for (; turn(); $n++) {
    handle($n);
}
