<?php
// A timer a request, for its timeout, in a wheel of timers from which only those go that are due: none within the trace.
// truth: {"loop": "Server::handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Server::handle", "verdict": "leak", "holder": "$GLOBALS['server']"},
//             {"line": "@leak-2", "function": "Timers::after", "verdict": "leak", "holder": "$GLOBALS['server']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Timers extends SplPriorityQueue
{
    public function after(int $now, int $ticks, Closure $do): void
    {
        $this->insert(['at' => $now + $ticks, 'do' => $do], -($now + $ticks)); // @leak-2
    }

    public function run(int $now): void
    {
        while ($this->valid() && $this->top()['at'] <= $now) {
            ($this->extract()['do'])();
        }
    }
}

final class Server
{
    private Timers $timers;

    public function __construct()
    {
        $this->timers = new Timers();
    }

    public function handle(int $n): void
    {
        $this->timers->after($n, 1_000_000, function () use ($n): void { throw new RuntimeException("request $n"); }); // @leak-1
        $this->timers->run($n);
    }
}

$server = new Server();
for ($n = 0; measured(5000); $n++) {
    $server->handle($n);
    usleep(2000);
}
