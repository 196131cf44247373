<?php
// A least-recently-used cache of 20 entries under random keys: what dies was born any number of calls ago.
// truth: {"loop": "handle", "loops": 300, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@held-1", "function": "Lru::get", "verdict": "bounded|offset"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Lru
{
    private array $entries = [];

    public function get(int $key): string
    {
        $value = $this->entries[$key] ?? null;
        unset($this->entries[$key]);
        $value ??= str_repeat("value of $key ", 60); // @held-1
        $this->entries[$key] = $value;
        if (count($this->entries) > 20) {
            unset($this->entries[array_key_first($this->entries)]);
        }
        return $value;
    }
}

function handle(Lru $cache): int
{
    return strlen($cache->get(mt_rand(1, 60)));
}

mt_srand(7);
$cache = new Lru();
while (measured()) {
    handle($cache);
    usleep(1000);
}
