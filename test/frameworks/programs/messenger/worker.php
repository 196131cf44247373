<?php
// Symfony Messenger's worker, which handles a message that sends the next one.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Handler\HandlersLocator;
use Symfony\Component\Messenger\MessageBus;
use Symfony\Component\Messenger\Middleware\HandleMessageMiddleware;
use Symfony\Component\Messenger\Transport\TransportInterface;
use Symfony\Component\Messenger\Worker;

final class Order
{
    public function __construct(public readonly int $number)
    {
    }
}

/** @param callable(Order): void $handle */
function work(TransportInterface $transport, callable $handle): void
{
    $handler = function (Order $order) use ($transport, $handle) {
        $handle($order);
        measured() || exit;
        $transport->send(new Envelope(new Order($order->number + 1))); // @send
    };
    $bus = new MessageBus([new HandleMessageMiddleware(new HandlersLocator([Order::class => [$handler]]))]);
    $transport->send(new Envelope(new Order(1)));
    (new Worker(['orders' => $transport], $bus, new EventDispatcher()))->run();
}
