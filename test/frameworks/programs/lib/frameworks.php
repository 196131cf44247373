<?php
// What every program here begins with: the packages that `make frameworks` installs, and measured() of test/cases.
declare(strict_types=1);

require __DIR__ . '/../../../../.cache/frameworks/vendor/autoload.php';
require __DIR__ . '/../../../cases/lib/measured.php';

/** A folder of this process's own for what a framework writes; it lies in TMPDIR. */
function folder(string $name): string
{
    $folder = sys_get_temp_dir() . '/' . getmypid() . '/' . $name;
    is_dir($folder) || mkdir($folder, 0700, true);
    return $folder;
}
