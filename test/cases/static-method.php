<?php
// A leak in a static method, in a namespace: a log of queries that is on in production.
// truth: {"loop": "App\\Db\\Connection::query", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "App\\Db\\Connection::query", "verdict": "leak",
//              "holder": "static App\\Db\\Connection::$log"}]}
declare(strict_types=1);

namespace App\Db;

require __DIR__ . '/lib/measured.php';

final class Connection
{
    private static array $log = [];

    public static function query(string $table, int $id): int
    {
        self::$log[] = ['sql' => "select * from $table where id = $id", 'at' => 0]; // @leak-1
        return $id;
    }
}

for ($n = 100_000; \measured(); $n++) {
    Connection::query('orders', $n);
    usleep(2000);
}
