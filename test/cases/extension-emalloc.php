<?php
// A leak of the seed: an extension emallocs and forgets. No PHP variable holds the memory; the line is the one that
// called the extension. Needs test/extension.
// truth: {"loop": "handle", "extension": "leaky", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "orphan",
//              "holder": null, "bytesPerLoop": 640},
//             {"line": "@leak-2", "function": "handle", "verdict": "orphan",
//              "holder": null, "bytesPerLoop": 8192}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    leaky_alloc(600); // @leak-1 the bin of 640
    leaky_alloc(5000); // @leak-2 two pages
    leaky_free(leaky_alloc(100));
}

while (measured(10_000)) {
    handle();
    usleep(3000);
}
