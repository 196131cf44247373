<?php
// One worker with everything that can be a loop: a function, a method, a static method, a closure, a native function.
// Each call keeps 1280 bytes on the line marked below, and nothing else.
declare(strict_types=1);

define('PATIENCE', (int) (getenv('PHPTRACE_PATIENCE') ?: 1));

final class Store
{
    public static ?SplFixedArray $kept = null;
    public static int $next = 0;

    public static function keep(): void
    {
        $text = str_repeat('big string', 120); // @leak-1 1200 + 25 bytes, in the bin of 1280
        self::$kept[self::$next++] = $text;
    }
}

function handle(callable $inner): void
{
    (new Worker())->work($inner);
    pause();
}

final class Worker
{
    public function work(callable $inner): void
    {
        Service::answer($inner);
    }
}

final class Service
{
    public static function answer(callable $inner): void
    {
        $inner();
        gc_collect_cycles();
    }
}

function pause(): void
{
    usleep(3000);
}

function main(): void
{
    $closure = function (): void { // @closure-1
        Store::keep();
    };
    $end = time() + 20 * PATIENCE;
    while (time() < $end) {
        handle($closure); // @statement-1
    }
}

Store::$kept = new SplFixedArray(20_000 * PATIENCE);
echo "ready\n";
main();
