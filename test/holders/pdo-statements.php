<?php
// Statements that are prepared anew each time and kept.
// holder: {"holder": "$GLOBALS['users']", "path": "$GLOBALS['users'] → ->statements → [*]", "types": ["PDOStatement", "(unknown)"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Users
{
    private array $statements = [];

    public function __construct(private PDO $connection)
    {
    }

    public function find(): void
    {
        $statement = $this->connection->prepare('SELECT 1'); // @leak
        $this->statements[] = $statement;
    }
}

function handle(Users $users): void
{
    $users->find();
}

$users = new Users(new PDO('sqlite::memory:'));
while (turn()) {
    handle($users);
}
