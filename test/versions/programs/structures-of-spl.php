<?php
// For every PHP from 7.4 on. Holds an object of a class of its own in each structure of SPL, has let others go from
// them, which leaves their addresses in unused places, and makes cycles of all of them. Says `ready`, the bytes in use
// and the number of an object that is a key; at the end of stdin says what PHP's collector frees.
declare(strict_types=1);

class InArrayObject {}
class InSubclass {}
class InIterator {}
class InStorage {}
class WithStorage {}
class InMultiple extends EmptyIterator {}
class InList {}
class InQueue {}
class InStack {}
class InFixed {}
class InHeap {}
class InPriorityQueue {}
class AsPriority {}
class InWeakMap {}

class Registry extends ArrayObject
{
    /** @var mixed */
    public $owner = 'somebody';
}

class Loop
{
    /** @var mixed */
    public $to;
    /** @var string */
    public $text;

    public function __construct(string $text)
    {
        $this->to = $this;
        $this->text = $text;
    }
}

final class Kept
{
    /** @var array<string, object> */
    public static $all = [];
}

function hold(): void
{
    Kept::$all['object'] = new ArrayObject(['row' => new InArrayObject()]);
    Kept::$all['registry'] = new Registry([new InSubclass()]);
    Kept::$all['iterator'] = new ArrayIterator([new InIterator()]);
    Kept::$all['storage'] = new SplObjectStorage();
    Kept::$all['storage'][new InStorage()] = ['with' => new WithStorage()];
    Kept::$all['multiple'] = new MultipleIterator();
    Kept::$all['multiple']->attachIterator(new InMultiple());
    Kept::$all['list'] = new SplDoublyLinkedList();
    Kept::$all['list']->push('first');
    Kept::$all['list']->push(new InList());
    Kept::$all['queue'] = new SplQueue();
    Kept::$all['queue']->enqueue(new InQueue());
    Kept::$all['stack'] = new SplStack();
    Kept::$all['stack']->push(new InStack());
    Kept::$all['fixed'] = new SplFixedArray(5);
    Kept::$all['fixed'][3] = new InFixed();
    Kept::$all['heap'] = new SplMinHeap();
    Kept::$all['heap']->insert([1, new InHeap()]);
    Kept::$all['priority'] = new SplPriorityQueue();
    Kept::$all['priority']->insert(new InPriorityQueue(), [1, new AsPriority()]);
    if (class_exists('WeakMap')) {
        Kept::$all['weak'] = new WeakMap();
        Kept::$all['weak'][Kept::$all['list']] = new InWeakMap();
    }
}

/** Puts an object into each structure and takes it out again. */
function pass(string $text): void
{
    $all = Kept::$all;
    $loop = new Loop($text);
    $all['object']['x'] = $loop;
    unset($all['object']['x']);
    $all['storage'][$loop] = $loop;
    unset($all['storage'][$loop]);
    foreach (['list', 'queue', 'stack'] as $name) {
        $all[$name]->push($loop);
        $all[$name]->pop();
    }
    $all['fixed']->setSize(9);
    $all['fixed'][8] = $loop;
    $all['fixed']->setSize(5);
    $all['heap']->insert([0, $loop]);
    $all['heap']->extract();
    $all['priority']->insert($loop, [2, $loop]);
    $all['priority']->extract();
}

/** A cycle through each structure. */
function lose(string $text): void
{
    $storage = new SplObjectStorage();
    $storage[new Loop($text)] = [$storage, $text];
    $object = new ArrayObject([$text]);
    $object[] = $object;
    $registry = new Registry();
    $registry->owner = [$registry, "$text-"];
    $queue = new SplQueue();
    $queue[] = [$queue, "$text."];
    $queue[] = $storage;
    $fixed = new SplFixedArray(3);
    $fixed[1] = $fixed;
    $heap = new SplMinHeap();
    $heap->insert([$heap, "$text,"]);
    $priority = new SplPriorityQueue();
    $priority->insert($priority, [$fixed, $queue, $object]);
}

/** In a function of its own: where a temporary was in the frame of the main script, an address would stay. */
function turn(): void
{
    for ($n = 0; $n < 100; $n++) {
        pass(str_repeat("passed $n ", 20));
        lose(str_repeat("lost $n ", 20));
    }
}

hold();
pass('before');
// Makes what the collector keeps for itself, such as tables of properties.
gc_collect_cycles();
fgets(STDIN);
turn();
Kept::$all['storage']->rewind();
$key = spl_object_id(Kept::$all['storage']->current());
$list = spl_object_id(Kept::$all['list']);
fwrite(STDOUT, 'ready ' . memory_get_usage() . " $key $list\n");
fgets(STDIN);
$before = memory_get_usage();
gc_collect_cycles();
$after = memory_get_usage();
fwrite(STDOUT, 'freed ' . ($before - $after) . "\n");
