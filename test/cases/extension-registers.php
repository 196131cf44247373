<?php
// An extension emallocs while registers that are the VM's hold what its compiler put there: its own frame, and a word that
// is no opline. The line is the one that called it all the same. Needs test/extension.
// truth: {"loop": "handle", "extension": "leaky", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "orphan",
//              "holder": null, "bytesPerLoop": 640},
//             {"line": "@leak-2", "function": "handle", "verdict": "orphan",
//              "holder": null, "bytesPerLoop": 96}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(): void
{
    leaky_alloc_with(600, 0); // @leak-1 the bin of 640
    leaky_alloc_with(90, 0x7f0000001230); // @leak-2 the bin of 96
    leaky_free(leaky_alloc_with(100, 32));
}

while (measured(10_000)) {
    handle();
    usleep(3000);
}
