<?php
// Each request pushes a processor of its own onto the logger that all share.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->processors"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Monolog\Handler\NullHandler;
use Monolog\Logger;

function handle(Logger $logger, int $number): void
{
    $logger->pushProcessor(fn ($record) => $record->with(extra: ['request' => $number])); // @app
    $logger->info('request');
}

$logger = new Logger('app', [new NullHandler()]);
for ($number = 1; measured(5000); $number++) {
    handle($logger, $number);
    usleep(1000);
}
