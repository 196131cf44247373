<?php
// Sessions that live for 300 calls, longer than the trace: what expires is older than it, in a loop on one line that
// makes and drops an iterator for it.
// truth: {"loop": "handle", "loops": 60, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@bounded-1", "function": "Session::__construct", "verdict": "bounded", "bytesPerLoop": 0},
//             {"line": "@bounded-2", "function": "handle", "verdict": "bounded", "bytesPerLoop": 0}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Session
{
    public array $values;
    public int $until;

    public function __construct(string $id, int $until)
    {
        $this->until = $until;
        $this->values = ['user' => "user of $id", 'until' => $until]; // @bounded-1
    }
}

function handle(int $n, ArrayObject $sessions): void
{
    for ($i = 0; $i < 2; $i++) {
        $id = md5("$n $i");
        $sessions[$id] = new Session($id, $n + 300); // @bounded-2
    }
    foreach ($sessions as $id => $session) { if ($session->until > $n) break; unset($sessions[$id]); }
}

$sessions = new ArrayObject();
for ($n = 0; $n < 1000; $n++) {
    handle($n, $sessions);
}
for (; measured(); $n++) {
    handle($n, $sessions);
    usleep(2000);
}
