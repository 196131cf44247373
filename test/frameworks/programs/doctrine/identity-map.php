<?php
// A consumer that never clears the entity manager, which keeps each entity that it has met.
// truth: {"loop": "consume", "leak": {"app": "@app", "holders": ["->identityMap", "->entityIdentifiers", "->originalEntityData", "->entityStates"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/orm.php';

use Doctrine\ORM\EntityManager;

function consume(EntityManager $entities, int $number): void
{
    $message = new Message("message $number"); // @app
    $entities->persist($message);
    $entities->flush();
}

$entities = entityManager();
for ($number = 1; measured(3000); $number++) {
    consume($entities, $number);
    usleep(2000);
}
