<?php
// Each request starts a fiber that waits for an answer which never comes, and does not wait for it.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->waiting"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Amp\DeferredFuture;
use function Amp\async;
use function Amp\delay;

final class Gateway
{
    /** @var list<DeferredFuture> */
    private array $waiting = [];

    public function ask(int $number): void
    {
        $this->waiting[] = $deferred = new DeferredFuture(); // @app
        async(fn () => $deferred->getFuture()->await() . $number)->ignore();
    }
}

function handle(Gateway $gateway, int $number): void
{
    $gateway->ask($number);
    delay(0.001);
}

$gateway = new Gateway();
for ($number = 1; measured(3000); $number++) {
    async(handle(...), $gateway, $number)->await();
}
