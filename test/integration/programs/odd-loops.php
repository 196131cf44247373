<?php
// Loops of every odd kind, by argument. What a loop keeps it keeps on the line marked below, which is in the bin of 896.
declare(strict_types=1);

final class Kept
{
    public static SplFixedArray $all;
    public static int $next = 0;
    /** @var array<int, int> */
    public static array $noted = [];
    /** @var array<int, int> */
    public static array $batch = [];
    public static SplPriorityQueue $queue;

    public static function one(): void
    {
        $text = str_repeat('kept', 200); // @leak-1 800 + 25 bytes
        self::$all[self::$next++] = $text;
    }
}

function recursing(int $depth): int
{
    Kept::one();
    return $depth === 0 ? 0 : recursing($depth - 1) + 1;
}

function serving(): never
{
    while (true) {
        Kept::one(); // @turn-1
        usleep(2000);
    }
}

function throwing(): never
{
    Kept::one();
    throw new RuntimeException('as each time');
}

function exiting(int $calls): void
{
    static $call = 0;
    Kept::one();
    if (++$call === $calls) {
        exit(7);
    }
    usleep(1000);
}

function generating(): Generator
{
    Kept::one();
    yield 1;
    yield 2;
}

function fibrous(): void
{
    Kept::one();
    Fiber::suspend();
}

function instant(int $n): int
{
    return $n + 1;
}

function frequent(): void
{
    Kept::one();
}

/** Notes what takes no memory before the array doubles, and that is long after the trace. */
function noting(int $n): void
{
    Kept::$noted[] = $n; // @note-1
}

/** Fills an array by as much, and empties it. */
function batching(int $n): void
{
    for ($i = 0; $i < 50; $i++) {
        Kept::$batch[] = $n;
    }
    array_splice(Kept::$batch, 1);
}

/** Numbers in a heap take no memory before it doubles. */
function queueing(int $n): void
{
    Kept::$queue->insert($n, -$n);
    usleep(300);
}

/** A heap to which as much comes as goes. */
function passing(int $n): void
{
    Kept::$queue->insert($n, -$n);
    Kept::$queue->extract();
    usleep(300);
}

/** Fills an array in its first call, and leaves it at that. */
function warming(int $n): void
{
    for ($i = 0; $n === 0 && $i < 1000; $i++) {
        Kept::$noted[] = $i;
    }
    usleep(1500);
}

/** PHP's own array of them gets longer by what each call has made. */
function registering(int $n): void
{
    register_shutdown_function('intdiv', $n, 2); // @registered-1
}

function slow(): void
{
    Kept::one();
    usleep(400_000);
}

function endless(): void
{
    sleep(60);
}

function never_called(): void
{
}

/** Keeps less and less often, at the squares: nobody can say whether it will come to rest. */
function slowing(int $n): void
{
    if (fmod(sqrt($n), 1) === 0.0) {
        Kept::one();
    }
    usleep(500);
}

function turn(callable $do): void
{
    $end = time() + 20;
    while (time() < $end) {
        $do();
        usleep(2000);
    }
}

/** @param callable(int): void $do */
function briefly(callable $do): void
{
    $end = time() + 20;
    for ($n = 0; time() < $end; $n++) {
        $do($n);
        usleep(30);
    }
}

Kept::$all = new SplFixedArray(400_000);
Kept::$noted = Kept::$batch = range(1, 600_000);
array_splice(Kept::$batch, 1);
Kept::$queue = new SplPriorityQueue();
for ($n = 0; $n < 9000; $n++) {
    Kept::$queue->insert($n, 1);
}
echo "ready\n";
match ($argv[1]) {
    'recursing' => turn(static fn () => recursing(3)),
    'serving' => serving(),
    'throwing' => turn(static function (): void {
        try {
            throwing();
        } catch (RuntimeException) {
            // as each time
        }
    }),
    'exiting' => turn(static fn () => exiting((int) $argv[2])),
    'generating' => turn(static fn () => iterator_to_array(generating())),
    'fibrous' => turn(static function (): void {
        $fiber = new Fiber('fibrous');
        $fiber->start();
        $fiber->resume();
    }),
    'instant' => (static function (): void {
        $end = time() + 15;
        for ($n = 0; $n % 1000 > 0 || time() < $end;) {
            $n = instant($n);
        }
    })(),
    'frequent' => (static function (): void {
        $end = time() + 20;
        while (time() < $end) {
            frequent();
            usleep(30);
        }
    })(),
    'noting' => briefly('noting'),
    'batching' => briefly('batching'),
    'registering' => briefly('registering'),
    'queueing' => briefly('queueing'),
    'passing' => briefly('passing'),
    'warming' => [sleep(2), briefly('warming')],
    'slow' => turn('slow'),
    'endless' => endless(),
    'never_called' => turn(static fn () => null),
    'slowing' => (static function (): void {
        for ($n = 0; $n < 8000; $n++) {
            slowing($n);
        }
    })(),
};
