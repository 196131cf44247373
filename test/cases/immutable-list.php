<?php
// A list that is never changed: each call makes a longer one, and the one before goes. Numbers have no blocks of their own,
// so it is always one block, and each lives for one call.
// truth: {"loop": "handle", "how": "run", "loops": 300, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Items::with", "verdict": "leak", "holder": "static $items in handle()"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Items
{
    private array $items = [];

    public function with(int $n): self
    {
        $items = $this->items;
        $items[] = $n; // @leak-1
        $copy = clone $this;
        $copy->items = $items;
        return $copy;
    }
}

function handle(int $n): void
{
    static $items = null;
    $items = ($items ?? new Items())->with($n);
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(1000);
}
