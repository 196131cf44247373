<?php
// The in-memory transport, made for tests, keeps each message that was sent and each that was acknowledged.
// truth: {"loop": "Symfony\\Component\\Messenger\\Worker::handleMessage", "leak": {"app": {"file": "worker.php", "mark": "@send"}, "holders": ["->sent", "->acknowledged"],
//   "line": {"file": "symfony/messenger/Envelope.php", "has": "$cloned->stamps[$stamp::class][] = $stamp;"}}}
declare(strict_types=1);

require __DIR__ . '/worker.php';

use Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport;

work(new InMemoryTransport(), fn (Order $order) => str_repeat('x', $order->number % 100));
