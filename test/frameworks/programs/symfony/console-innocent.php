<?php
// A command a turn, its output fetched.
// truth: {"loop": "work"}
declare(strict_types=1);

require __DIR__ . '/console.php';

use Symfony\Component\Console\Output\BufferedOutput;

$application = application();
$output = new BufferedOutput();
for ($number = 1; measured(); $number++) {
    work($application, $output, $number);
    $output->fetch();
}
