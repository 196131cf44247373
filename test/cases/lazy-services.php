<?php
// A container that builds services when they are first wanted, the last of them after hundreds of calls.
// truth: {"loop": "handle", "how": "run", "loops": "auto", "seconds": 20, "slow": true, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Container
{
    private array $services = [];

    public function get(string $id): ArrayObject
    {
        return $this->services[$id] ??= new ArrayObject(['id' => $id, 'options' => range(1, 30)]);
    }
}

function handle(int $n, Container $container): int
{
    $wanted = ['router', 'session'];
    foreach ([5 => 'mailer', 12 => 'cache', 25 => 'queue', 70 => 'search', 150 => 'pdf', 280 => 'audit'] as $since => $id) {
        if ($n >= $since) {
            $wanted[] = $id;
        }
    }
    return array_sum(array_map(fn (string $id): int => count($container->get($id)), $wanted));
}

$container = new Container();
for ($n = 0; measured(); $n++) {
    handle($n, $container);
    usleep(500);
}
