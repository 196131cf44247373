<?php
// A log that is buffered and dropped when nothing has gone wrong for a while: each 30th call flushes it.
// truth: {"loop": "handle", "loops": 130, "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Log
{
    private array $records = [];

    public function debug(string $message, array $context): void
    {
        $this->records[] = ['message' => $message, 'context' => $context, 'time' => microtime(true)];
    }

    public function flush(): void
    {
        $this->records = [];
    }
}

function handle(int $n, Log $log): void
{
    for ($i = 0; $i < 3; $i++) {
        $log->debug("step $i of request $n", ['request' => $n, 'step' => $i]);
    }
    if ($n % 30 === 0) {
        $log->flush();
    }
}

$log = new Log();
for ($n = 1; measured(); $n++) {
    handle($n, $log);
    usleep(1500);
}
