<?php
// An SplObjectStorage.
// holder: {"holder": "$GLOBALS['storage']", "path": "$GLOBALS['storage'] → [*] → ->payload", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Job
{
    public function __construct(public string $payload)
    {
    }
}

function handle(SplObjectStorage $storage): void
{
    $payload = str_repeat('payload', 100); // @leak
    $storage->attach(new Job($payload));
}

$storage = new SplObjectStorage();
while (turn()) {
    handle($storage);
}
