<?php
// A library keeps what the application hands it: the report names the library's line and the application's.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"file": "vendor/acme/lib.php", "line": "@leak-1", "function": "Acme\\Metrics::add", "verdict": "leak",
//              "holder": "static Acme\\Metrics::$points",
//              "app": {"line": "@caller", "function": "handle"},
//              "stack": ["Acme\\Metrics::add", "Acme\\Metrics::count", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';
require __DIR__ . '/vendor/acme/lib.php';

function handle(): void
{
    Acme\Metrics::count('requests'); // @caller
}

while (measured()) {
    handle();
    usleep(2000);
}
