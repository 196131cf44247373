<?php
// Fills its heap with so many MB of objects, arrays and strings, then waits for its stdin to be closed.
declare(strict_types=1);

final class Item
{
    public array $tags;

    public function __construct(public int $id, public string $name)
    {
        $this->tags = [$id, $name, "tag of $name"];
    }
}

ini_set('memory_limit', '-1');
$bytes = (int) ($argv[1] ?? 20) << 20;
$items = [];
while (memory_get_usage() < $bytes) {
    $items[] = new Item(count($items), 'item ' . count($items));
}
$huge = str_repeat('x', 5 << 20);
fwrite(STDOUT, 'ready ' . count($items) . "\n");
// A read of a socket, as Node gives it for stdin, ends after default_socket_timeout.
while (fgets(STDIN) === false && !feof(STDIN)) {
}
