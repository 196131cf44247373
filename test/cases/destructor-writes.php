<?php
// What leaks is allocated by a library's destructor while an exception is in flight. PHP has left the throwing function
// by then: the line outside vendor/ is the one that called it.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"file": "vendor/acme/job.php", "line": "@leak-1", "function": "Acme\\Job::__destruct", "verdict": "leak",
//              "holder": "$GLOBALS['log']",
//              "bytesPerLoop": 256, "app": {"line": "@app-1", "function": "{main}"},
//              "stack": ["Acme\\Job::__destruct", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/vendor/acme/job.php';

function handle(int $n, SplFixedArray $log): void
{
    $job = new Acme\Job($n, $log);
    throw new RuntimeException("job $n failed");
}

$log = new SplFixedArray(20_000);
for ($n = 0; measured(19_000); $n++) {
    try {
        handle($n, $log); // @app-1
    } catch (RuntimeException $failure) {
        $failure = null; // as in each call
    }
    usleep(2000);
}
