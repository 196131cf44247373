<?php
// An event dispatcher that lives long, and a listener added to it in each request.
// truth: {"loop": "Kernel::handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Kernel::handle", "verdict": "leak", "holder": "$GLOBALS['kernel']"},
//             {"line": "@leak-2", "function": "Dispatcher::listen", "verdict": "leak", "holder": "$GLOBALS['kernel']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Dispatcher
{
    private array $listeners = [];

    public function listen(string $event, callable $listener): void
    {
        $this->listeners[$event][] = [$listener, 'priority' => count($this->listeners)]; // @leak-2
    }

    public function dispatch(string $event, array $payload): int
    {
        $handled = 0;
        foreach (array_slice($this->listeners[$event] ?? [], -3) as [$listener]) {
            $handled += $listener($payload);
        }
        return $handled;
    }
}

final class Kernel
{
    private Dispatcher $dispatcher;

    public function __construct()
    {
        $this->dispatcher = new Dispatcher();
    }

    public function handle(int $id): int
    {
        $this->dispatcher->listen('response', fn (array $payload): int => $payload['id'] === $id ? 1 : 0); // @leak-1
        return $this->dispatcher->dispatch('response', ['id' => $id]);
    }
}

$kernel = new Kernel();
for ($n = 0; measured(10_000); $n++) {
    $kernel->handle($n);
    usleep(2000);
}
