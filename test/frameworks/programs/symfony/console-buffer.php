<?php
// A command a turn, its output buffered and never fetched: one string grows.
// truth: {"loop": "work", "leak": {"app": {"file": "console.php", "mark": "@app"}, "holders": ["->buffer"],
//   "line": {"file": "symfony/console/Output/BufferedOutput.php", "has": "$this->buffer .= $message;"}}}
declare(strict_types=1);

require __DIR__ . '/console.php';

use Symfony\Component\Console\Output\BufferedOutput;

$application = application();
$output = new BufferedOutput();
for ($number = 1; measured(); $number++) {
    work($application, $output, $number);
    usleep(2000);
}
