<?php
// What every case shares: the measurement that its truth is checked with, and its end.
//
// measured() stands right before the call of the loop function. Each time it appends memory_get_usage() as 8 bytes
// (little endian) to the file that PHPTRACE_TRUTH names, so number n of that file is the heap's size where call n of
// the loop function begins. What it allocates for that is gone when it returns. It returns false after 20 seconds
// (PHPTRACE_SECONDS) or $limit calls, so that no case outlives its test for long.
declare(strict_types=1);

function measured(int $limit = 1_000_000): bool
{
    static $file = null, $end = 0, $calls = 0;
    $file ??= fopen(getenv('PHPTRACE_TRUTH') ?: '/dev/null', 'ab');
    $end = $end ?: hrtime(true) + 1_000_000_000 * (int) (getenv('PHPTRACE_SECONDS') ?: 20);
    fwrite($file, pack('P', memory_get_usage()));
    return ++$calls <= $limit && hrtime(true) < $end;
}

/** PHP's table of objects gets its room before the first call, so that no call is charged with its growth. */
function make_room_for_objects(int $count): void
{
    $objects = [];
    while (count($objects) < $count) {
        $objects[] = new stdClass();
    }
}
