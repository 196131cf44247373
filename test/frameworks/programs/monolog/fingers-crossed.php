<?php
// A worker that logs no error and never resets its logger: debug lines wait for one.
// truth: {"loop": "handle", "leak": {"app": "@app", "holders": ["->buffer"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Monolog\Handler\FingersCrossedHandler;
use Monolog\Handler\StreamHandler;
use Monolog\Level;
use Monolog\Logger;

function handle(Logger $logger, int $number): void
{
    $logger->debug('request {number}', ['number' => $number]); // @app
}

$logger = new Logger('app', [new FingersCrossedHandler(new StreamHandler('/dev/null'), Level::Error)]);
for ($number = 1; measured(); $number++) {
    handle($logger, $number);
    usleep(2000);
}
