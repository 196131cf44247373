<?php
// Doctrine's entity manager over a database in memory.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Doctrine\DBAL\DriverManager;
use Doctrine\ORM\EntityManager;
use Doctrine\ORM\Mapping as ORM;
use Doctrine\ORM\ORMSetup;
use Doctrine\ORM\Tools\SchemaTool;

#[ORM\Entity]
class Message
{
    #[ORM\Id, ORM\GeneratedValue, ORM\Column]
    public ?int $id = null;

    public function __construct(#[ORM\Column] public string $text)
    {
    }
}

function entityManager(): EntityManager
{
    $configuration = ORMSetup::createAttributeMetadataConfiguration([__DIR__], true, folder('proxies'));
    $connection = DriverManager::getConnection(['driver' => 'pdo_sqlite', 'memory' => true], $configuration);
    $entities = new EntityManager($connection, $configuration);
    (new SchemaTool($entities))->createSchema([$entities->getClassMetadata(Message::class)]);
    return $entities;
}
