<?php
// One line that keeps two things in two places: told is what takes most memory, and what that is.
// holder: {"holder": "static Archive::$bodies", "path": "static Archive::$bodies → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Archive
{
    public static array $bodies = [];
    public static array $jobs = [];
}

function handle(int $number): void
{
    [Archive::$bodies[], Archive::$jobs[]] = [str_repeat("body $number", 100), new ArrayObject()]; // @leak
}

for ($number = 1; turn(); $number++) {
    handle($number);
}
