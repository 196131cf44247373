<?php
// Resources that an extension has registered and given to nobody: only the engine's list of them has them.
// holder: {"holder": "resource #*", "path": "resource #*", "types": ["(unknown)", "resource"], "extension": "leaky"}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(): void
{
    leaky_resource(500); // @leak
}

// The table of resources doubles now, and not while it is looked at.
for ($n = 0; $n < 8500; $n++) {
    leaky_resource(16);
}
while (turn()) {
    handle();
}
