<?php
// A queue that forgets what was handled.
// truth: {"loop": "Symfony\\Component\\Messenger\\Worker::handleMessage"}
declare(strict_types=1);

require __DIR__ . '/worker.php';

use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Transport\TransportInterface;

final class Queue implements TransportInterface
{
    private array $waiting = [];

    public function get(): iterable
    {
        return [array_shift($this->waiting)];
    }

    public function send(Envelope $envelope): Envelope
    {
        return $this->waiting[] = $envelope;
    }

    public function ack(Envelope $envelope): void
    {
    }

    public function reject(Envelope $envelope): void
    {
    }
}

work(new Queue(), fn (Order $order) => str_repeat('x', $order->number % 100));
