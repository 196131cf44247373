<?php
// Has one of each structure that a snapshot follows, says where the objects are, and waits: runs on PHP 7.4 to 8.5.

class Shelf
{
    const LIMIT = 4711;
    const NAMES = ['first', 'second'];
    public static $count = 42;
    public static $books = ['one', 'two', 'three'];
    protected $owner = 'nobody';
    private $weight = 7;

    public function counter(): callable
    {
        $step = 5;
        $label = 'bound label';
        return function (int $by = 1) use ($step, &$label) {
            static $calls = 100;
            return [$this->weight + $step + $by + $calls++, $label];
        };
    }
}

class Cabinet extends Shelf
{
    public static $drawers = 'three drawers';
}

define('WORKSHOP', 'a constant of the program');

function remember(string $what): int
{
    static $memory = ['remembered'];
    $memory[] = $what;
    return count($memory);
}

function outer(): array
{
    return array_map(function ($n) {
        return $n + 1;
    }, [1, 2]);
}

function numbers()
{
    $local = 'held by the generator';
    $sent = yield 'a key' => 'a value';
    return [$local, $sent];
}

function onShutdown(string $argument): void
{
}

function load(string $class): void
{
}

$objects = [];
$objects['plain'] = new Cabinet();
$objects['closure'] = $objects['plain']->counter();
$objects['static closure'] = static function () {
};
$objects['generator'] = numbers();
$objects['generator']->current();
$objects['finished generator'] = numbers();
foreach ($objects['finished generator'] as $ignored) {
}
$objects['exception'] = new ErrorException('what went wrong', 17);
if (class_exists('Fiber')) {
    $objects['fiber'] = new Fiber(function (string $argument) {
        $inFiber = 'held by the fiber';
        Fiber::suspend('from the fiber');
        return $inFiber;
    });
    $objects['fiber']->start('an argument');
    $objects['finished fiber'] = new Fiber(function () {
        return 'the result';
    });
    $objects['finished fiber']->start();
}
if (class_exists('WeakMap')) {
    $objects['weak map'] = new WeakMap();
    $objects['weak map'][$objects['plain']] = 'kept for the plain one';
}
$objects['dynamic'] = new stdClass();
$objects['dynamic']->added = 'a dynamic property';

Shelf::$count++;
Cabinet::$drawers .= ' and a half';
remember('something');
outer();
register_shutdown_function('onShutdown', 'an argument for later');
spl_autoload_register('load');
set_error_handler('strlen');
set_error_handler([$objects['plain'], 'counter']);
set_exception_handler('strrev');
set_exception_handler('trim');
$stream = fopen(__FILE__, 'r');
$alias = &$objects;

$handles = [];
foreach ($objects as $name => $object) {
    $handles[] = sprintf('"%s": %d', $name, spl_object_id($object));
}
unset($object);
printf("{\"handles\": {%s}, \"stream\": %d}\nready\n", implode(', ', $handles), (int) $stream);
while (fgets(STDIN) !== false) {
}
