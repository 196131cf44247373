<?php
// Listeners attached in each call to a subject that lives on.
// truth: {"loop": "Subject::handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Observed::handle", "verdict": "leak",
//              "holder": "$GLOBALS['subject']",
//              "path": "$GLOBALS['subject'] → ->listeners → [*]", "bytesPerLoop": 80},
//             {"line": "@leak-2", "function": "Observed::handle", "verdict": "leak",
//              "holder": "$GLOBALS['subject']",
//              "path": "$GLOBALS['subject'] → ->listeners → [*]"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Listener
{
    public int $request;
    public Subject $subject;

    public function __construct(int $request, Subject $subject)
    {
        $this->request = $request;
        $this->subject = $subject;
    }
}

abstract class Observed
{
    protected SplObjectStorage $listeners;

    public function handle(int $n): void
    {
        $listener = new Listener($n, $this); // @leak-1
        $this->listeners->attach($listener, "request $n"); // @leak-2
    }
}

final class Subject extends Observed
{
    public function __construct()
    {
        $this->listeners = new SplObjectStorage();
        // Room for all: a table that becomes larger while it is traced is in the bytes of its line.
        for ($held = []; count($held) < 4096;) {
            $this->listeners->attach($held[] = new stdClass());
        }
        while ($held !== []) {
            $this->listeners->detach(array_pop($held));
        }
    }
}

$subject = new Subject();
for ($n = 0; measured(); $n++) {
    $subject->handle($n);
    usleep(2000);
}
