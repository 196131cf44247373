<?php
// A log line a turn, with processors; debug lines wait for an error that comes now and then.
// truth: {"loop": "handle"}
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Monolog\Handler\FingersCrossedHandler;
use Monolog\Handler\StreamHandler;
use Monolog\Level;
use Monolog\Logger;
use Monolog\Processor\MemoryUsageProcessor;
use Monolog\Processor\UidProcessor;

function handle(Logger $logger, int $number): void
{
    $logger->debug('request {number}', ['number' => $number]);
    if ($number % 7 === 0) {
        $logger->error('request failed', ['number' => $number]);
    }
    $logger->reset();
}

$handler = new FingersCrossedHandler(new StreamHandler('/dev/null'), Level::Error);
$logger = new Logger('app', [$handler], [new MemoryUsageProcessor(), new UidProcessor()]);
for ($number = 1; measured(); $number++) {
    handle($logger, $number);
}
