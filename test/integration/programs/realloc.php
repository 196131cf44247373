<?php
// In each call, one block is reallocated from one size to another and then kept or freed. Usage:
//   realloc.php FROM TO keep|free next|apart
// `next` leaves free room behind the block, `apart` puts another block there first. Ends when its stdin is closed, and
// says how often the block moved.
// Needs test/extension.
declare(strict_types=1);

require __DIR__ . '/../../cases/lib/measured.php';

function handle(int $from, int $to, bool $keep, bool $apart): bool
{
    $before = leaky_alloc($from); // @born-1
    if ($apart) {
        leaky_alloc($from); // @blocker-1
    }
    $after = leaky_realloc($before, $to); // @grown-1
    if (!$keep) {
        leaky_free($after);
    }
    return $after !== $before;
}

[, $from, $to, $fate, $where] = $argv;
$moved = 0;
$plugs = 3;
stream_set_blocking(STDIN, false);
// Holes that are there from the start would be taken first, and have no room behind them.
for ($i = 0; $i < 10 && $from < 1_000_000; $i++) {
    leaky_alloc((int) $from);
}
for ($calls = 0; measured(400) && !feof(STDIN); $calls++) {
    $has_moved = handle((int) $from, (int) $to, $fate === 'keep', $where === 'apart');
    $moved += (int) $has_moved;
    // The end of a chunk may have room for FROM and for no more: each later call would get that room, and move.
    if ($has_moved && $plugs-- > 0) {
        leaky_alloc((int) $from);
    }
    fread(STDIN, 1);
    usleep(20_000);
}
echo "moved $moved of $calls\n";
