<?php
// DBAL's logging middleware with a logger that remembers.
// truth: {"loop": "consume", "leak": {"app": "@app", "holders": ["->records"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Doctrine\DBAL\Configuration;
use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Logging\Middleware;
use Psr\Log\AbstractLogger;

final class DebugStack extends AbstractLogger
{
    public array $records = [];

    public function log($level, string|Stringable $message, array $context = []): void
    {
        $this->records[] = [$level, strtr($message, ['{sql}' => $context['sql'] ?? ''])]; // @app
    }
}

function consume(Connection $connection, int $number): void
{
    $connection->fetchOne("SELECT $number + 1");
}

$configuration = new Configuration();
$configuration->setMiddlewares([new Middleware(new DebugStack())]);
$connection = DriverManager::getConnection(['driver' => 'pdo_sqlite', 'memory' => true], $configuration);
for ($number = 1; measured(); $number++) {
    consume($connection, $number);
    usleep(2000);
}
