<?php
// Programs made for Swoole Tracker mark their main function with a call of trackerHookMalloc(). Without that extension,
// an empty function of that name serves: phptrace takes each call of it for the start of a loop. Runs for a minute.
//
//   php examples/tracker-hook.php &
//   sudo phptrace attach $! --loop trackerHookMalloc
declare(strict_types=1);

if (!function_exists('trackerHookMalloc')) {
    function trackerHookMalloc(): void
    {
    }
}

final class ClassA
{
    public ?array $pro;

    public function __construct()
    {
        $this->pro = &$GLOBALS['arr'];
    }
}

function foo(): void
{
    trackerHookMalloc();
    $obj = new ClassA();
    $obj->pro[] = str_repeat('big string', 1024); // leaks: the object goes, the global that its property refers to stays
}

$end = time() + 60;
while (time() < $end) {
    foo();
    usleep(10_000);
}
