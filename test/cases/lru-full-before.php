<?php
// An LRU that was full long before the trace: each call adds an entry and drops one that the trace has never seen, and
// no new one goes before the trace ends.
// truth: {"loop": "handle", "loops": 60, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@bounded-1", "function": "handle", "verdict": "bounded", "bytesPerLoop": 0}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Lru
{
    private array $entries = [];

    public function put(string $key, string $value): void
    {
        $this->entries[$key] = $value;
        if (count($this->entries) > 1000) {
            unset($this->entries[array_key_first($this->entries)]);
        }
    }
}

function handle(int $n, Lru $lru): void
{
    $lru->put(sprintf('user:%08d', $n), str_repeat('profile ', 40)); // @bounded-1 384 bytes, and 40 for the key
}

$lru = new Lru();
for ($n = 0; $n < 2000; $n++) {
    handle($n, $lru);
}
for (; measured(); $n++) {
    handle($n, $lru);
    usleep(2000);
}
