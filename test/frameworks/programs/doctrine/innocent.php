<?php
// A consumer that stores a message a turn and clears the entity manager.
// truth: {"loop": "consume"}
declare(strict_types=1);

require __DIR__ . '/orm.php';

use Doctrine\ORM\EntityManager;

function consume(EntityManager $entities, int $number): void
{
    $message = new Message("message $number");
    $entities->persist($message);
    $entities->flush();
    $entities->find(Message::class, $message->id)->text .= ' again';
    $entities->flush();
    $entities->clear();
}

$entities = entityManager();
for ($number = 1; measured(); $number++) {
    consume($entities, $number);
}
