<?php
// Takes memory outside of PHP's heap, or does not, in the way that its argument says. Needs test/extension.
declare(strict_types=1);

/** 40 blocks of 104 bytes with malloc's own word and its rounding to 16: 4480 bytes a loop. */
function malloc_leak(): void
{
    for ($i = 0; $i < 40; $i++) {
        leaky_malloc(104);
    }
}

/** 5 * 1008 = 5040 bytes a loop, under huge blocks of PHP that come and go. */
function pemalloc_leak(): void
{
    for ($i = 0; $i < 5; $i++) {
        leaky_pemalloc(1000);
    }
    mapped_by_php();
}

/** PHP's heap alone grows, chunk by chunk. */
function zend_leak(): void
{
    static $kept = new SplFixedArray(100_000), $at = 0;
    $kept[$at++] = str_repeat('x', 2_000);
}

/** One array becomes as big as several chunks, and is moved as it grows. */
function big_array(): void
{
    static $array = [];
    for ($i = 0; $i < 100; $i++) {
        $array[] = $i;
    }
}

/** PHP's huge blocks, and malloc's that come by mmap. */
function mapped_temporaries(): void
{
    mapped_by_php();
    leaky_malloc_free(leaky_malloc(mt_rand(1, 9) * 150_000));
}

/** In one loop of four, for the kernel takes its time to clear so many pages. */
function mapped_by_php(): void
{
    if (mt_rand(1, 4) === 1) {
        str_repeat('x', mt_rand(3, 5) * 1_000_000);
    }
}

/** Blocks of all sizes take each other's places: the arena was filled before, and has holes. */
function churn(int $blocks = 30): void
{
    static $pool = [];
    for ($i = 0; $i < $blocks; $i++) {
        $place = mt_rand(0, 999);
        if (isset($pool[$place])) {
            leaky_malloc_free($pool[$place]);
        }
        $pool[$place] = leaky_malloc((int) exp(mt_rand(300, 1000) / 100));
    }
}

/** A cache of malloc's that is full after 200 entries. */
function cache(): void
{
    static $entries = [];
    $key = mt_rand(0, 199);
    $entries[$key] ??= leaky_malloc(20_000);
}

/** Compiled patterns: PHP keeps them outside of its heap. */
function patterns(): void
{
    for ($i = 0; $i < 5; $i++) {
        preg_match('/^a' . mt_rand(0, 99) . '(b|c)*d+[e-g]{2,3}/', 'abcde');
    }
}

/** An extension comes late, and with it its libraries. */
function loads_late(): void
{
    static $calls = 0;
    if (++$calls === 300 && !extension_loaded('dom')) {
        dl('dom.so');
    }
}

/** Stacks of fibers are mapped, and given back. */
function fibers(): void
{
    static $fibers = new SplFixedArray(30);
    $fiber = new Fiber(static fn () => Fiber::suspend());
    $fiber->start();
    $fibers[mt_rand(0, 29)] = $fiber;
}

function handle(callable $work): void
{
    $work();
}

$work = $argv[1];
mt_srand(7);
if ($work === 'churn') {
    churn(20_000);
}
for ($calls = 0; $calls < 200; $calls++) {
    handle($work);
}
echo "ready\n";
for ($end = microtime(true) + 90; microtime(true) < $end;) {
    handle($work);
    usleep(1500);
}
