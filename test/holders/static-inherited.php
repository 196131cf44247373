<?php
// A private static property of a parent class, used through its child.
// holder: {"holder": "static Repository::$rows", "path": "static Repository::$rows → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

abstract class Repository
{
    private static array $rows = [];

    public function load(): void
    {
        $row = str_repeat('row', 100); // @leak
        self::$rows[] = $row;
    }
}

final class UserRepository extends Repository
{
}

function handle(): void
{
    (new UserRepository())->load();
}

while (turn()) {
    handle();
}
