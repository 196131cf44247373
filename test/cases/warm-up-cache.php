<?php
// Caches that the first call fills and that stay: run from the start, for they are what the first loops show.
// truth: {"loop": "handle", "how": "run", "loops": 40, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function settings(): array
{
    static $settings = null;
    if ($settings === null) {
        foreach (range(1, 200) as $i) {
            $settings["key$i"] = str_repeat("value $i", 10);
        }
    }
    return $settings;
}

function handle(int $n): string
{
    return settings()['key' . ($n % 200 + 1)];
}

for ($n = 0; measured(400); $n++) {
    handle($n);
    usleep(2000);
}
