<?php
// PHPUnit runs the tests of the program's own file in this process.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

function runTests(): never
{
    $arguments = ['--no-configuration', '--no-output', '--do-not-cache-result', $_SERVER['SCRIPT_FILENAME']];
    exit((new PHPUnit\TextUI\Application())->run(['phpunit', ...$arguments]));
}

/** As many sets of data as tests are run in a minute or so. */
function numbers(): iterable
{
    for ($number = 1; $number <= 30_000; $number++) {
        yield [$number];
    }
}
