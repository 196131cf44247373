<?php
// A statement for each query is prepared and kept, as by a cache whose key has the query's values in it. Another one is
// made, run and dropped in each call.
// truth: {"loop": "handle", "needs": ["pdo_sqlite"], "since": "8.0", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Users::statement", "verdict": "leak", "holder": "$GLOBALS['users']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Users
{
    private SplFixedArray $statements;

    public function __construct(private PDO $connection)
    {
        $this->statements = new SplFixedArray(6000);
        $connection->exec('CREATE TABLE users (id INTEGER, name TEXT)');
        $connection->exec("INSERT INTO users VALUES (1, 'ann'), (2, 'bob')");
    }

    public function statement(int $id): PDOStatement
    {
        return $this->statements[$id] ??= $this->connection->prepare("SELECT name FROM users WHERE id > $id"); // @leak-1
    }

    public function names(): array
    {
        $statement = $this->connection->prepare('SELECT name FROM users WHERE id > :id');
        $statement->execute(['id' => 0]);
        return $statement->fetchAll(PDO::FETCH_COLUMN);
    }
}

function handle(int $n, Users $users): int
{
    return count($users->names()) + $users->statement($n)->columnCount();
}

make_room_for_objects(8000);
$users = new Users(new PDO('sqlite::memory:'));
for ($n = 0; measured(5500); $n++) {
    handle($n, $users);
    usleep(4000);
}
