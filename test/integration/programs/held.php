<?php
// Objects that are held in many ways, each of a class of its own: what holds one is asked for by its class. Says `ready`
// and the numbers of the objects that are keys, and ends when its stdin is closed.
declare(strict_types=1);

class InStatic {}
class InGlobal {}
class InFunction {}
class InMethod {}
class InClosure {}
class InGenerator {}
class InFiber {}
class InLocal {}
class InArgument {}
class InConstant {}
class InShutdown {}
class InException {}
class InAutoloader {}
class InStorage {}
class WithStorage {}
class InFixed {}
class InHeap {}
class InIterator {}
class InWeakMap {}
class InReference {}
class InContext {}
class InOutput {}
class InChain {}
class InStorageSubclass {}

class InConstantExpression {}
class InSuspicion {}

enum Suit
{
    case Hearts;
}

enum Rank
{
    case Ace;
}

#[Note(['of' => 'class'])]
final class Noted
{
    public const LIMITS = [PHP_VERSION => ['worked out when read', Rank::Ace]];
    #[Note(['of' => 'constant'])]
    public const PLAIN = 1;
    #[Note(['of' => 'property'])]
    public int $property = 1;

    #[Note(['of' => 'method'])]
    public function method(): void
    {
    }
}

#[Note(['of' => 'function'])]
function noted(): void
{
}

final class Storage
{
    public mixed $context;
}

const OBJECT = new InConstantExpression();

final class Registry
{
    public static array $services = [];
    public ?object $mailer = null;
    private array $listeners = [];

    public function on(string $event, callable $listener): void
    {
        $this->listeners[$event][] = $listener;
    }

    public function once(): void
    {
        static $made = null;
        $made ??= ['one' => new InMethod()];
    }
}

#[AllowDynamicProperties]
final class Link
{
    public ?Link $next = null;
}

final class Basket extends SplObjectStorage
{
    public string $owner = 'somebody';
}

function remember(): void
{
    static $cache = [];
    $cache[42] = new InFunction();
}

function numbers(): Generator
{
    $mine = [new InGenerator()];
    yield 1;
    yield $mine;
}

Registry::$services['app'] = new Registry();
Registry::$services['app']->mailer = new Registry();
Registry::$services['app']->mailer->mailer = new InStatic();
$config = ['deep' => ['deeper' => new InGlobal()]];
remember();
Registry::$services['app']->once();
$object = new InClosure();
Registry::$services['app']->on('kernel.request', function () use ($object): void {
});
unset($object);
$numbers = numbers();
$numbers->current();
$fiber = new Fiber(function (): void {
    $inner = new InFiber();
    Fiber::suspend();
    var_dump($inner);
});
$fiber->start();
define('FIXTURE', new InConstant());
register_shutdown_function(function (): void {
}, new InShutdown());
set_exception_handler((new class (new InException()) {
    public function __construct(private object $with)
    {
    }

    public function handle(Throwable $error): void
    {
    }
})->handle(...));
spl_autoload_register(Closure::bind(function (string $class): void {
}, new InAutoloader()));
$basket = new SplObjectStorage();
$basket[new InStorage()] = new WithStorage();
Registry::$services['basket'] = new Basket();
Registry::$services['basket'][$fiber] = new InStorageSubclass();
$fixed = new SplFixedArray(5);
$fixed[3] = new InFixed();
$heap = new SplPriorityQueue();
$heap->insert(new InHeap(), 1);
$iterator = new ArrayIterator(['row' => new InIterator()]);
$weak = new WeakMap();
$weak[Suit::Hearts] = new InWeakMap();
$reference = &Registry::$services['reference'];
$reference = new InReference();
Registry::$services['context'] = stream_context_create(['http' => ['made' => new InContext()]]);
ob_start(Closure::bind(fn (string $output): string => $output, new InOutput()), 1);
$chain = new Link();
for ($link = $chain, $n = 0; $n < 1000; $n++) {
    $link = $link->next = new Link();
}
$link->end = new InChain();
unset($link);
// A possible root of the collector, which keeps nothing.
$suspect = $other = new InSuspicion();
unset($other);
stream_wrapper_register('storage', Storage::class);
stream_filter_register('storage.read', php_user_filter::class);
$limits = count(Noted::LIMITS);
ini_set('error_log', '/dev/null/' . str_repeat('long', 25_000));

function run(object $argument): void
{
    $local = new InLocal();
    $GLOBALS['basket']->rewind();
    $keys = [Suit::Hearts, $GLOBALS['basket']->current(), $GLOBALS['fiber']];
    fwrite(STDOUT, 'ready ' . implode(' ', array_map(spl_object_id(...), $keys)) . "\n");
    unset($keys);
    while (!feof(STDIN)) {
        fread(STDIN, 1);
    }
    var_dump($local, $argument);
}

run(new InArgument());
