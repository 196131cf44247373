<?php
// A cache whose entries live for 3 to 12 calls, random keys, swept in each call.
// truth: {"loop": "Cache::get", "loops": 150, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Cache
{
    private array $entries = [];
    private int $now = 0;

    public function get(string $key): string
    {
        $this->now++;
        $this->entries = array_filter($this->entries, fn (array $entry): bool => $entry['until'] > $this->now);
        $this->entries[$key] ??= ['until' => $this->now + mt_rand(3, 12), 'value' => str_repeat($key, mt_rand(5, 20))];
        return $this->entries[$key]['value'];
    }
}

mt_srand(7);
$cache = new Cache();
$keys = array_map(fn (int $n): string => sprintf('key-%03d', $n), range(0, 399));
for ($key = 0; measured(); $key = mt_rand(0, 399)) {
    $cache->get($keys[$key]);
    usleep(1500);
}
