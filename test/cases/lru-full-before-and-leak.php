<?php
// The same full LRU, and a leak in a line of its own beside it.
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@bounded-1", "function": "handle", "verdict": "bounded", "bytesPerLoop": 0},
//             {"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "$GLOBALS['slow']", "bytesPerLoop": 256}]}
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

function handle(int $n, Lru $lru, SplFixedArray $slow): void
{
    $lru->put(sprintf('user:%08d', $n), str_repeat('profile ', 40)); // @bounded-1
    $slow[$n] = str_repeat('slow', 50); // @leak-1 200 characters, 256 bytes
}

$lru = new Lru();
$slow = new SplFixedArray(20_000);
for ($n = 0; $n < 2000; $n++) {
    handle($n, $lru, $slow);
}
for (; measured(15_000); $n++) {
    handle($n, $lru, $slow);
    usleep(2000);
}
