<?php
// At a line on its stdin makes garbage of the kind that it is told and says `ready`; at the end of stdin says what PHP's
// collector frees of it. Addresses of garbage stay wherever calls leave them, and while it waits that of one object of
// the last garbage is on the C stack and in memory of malloc's for sure.
declare(strict_types=1);

final class Node
{
    public mixed $to = null;
    public mixed $more = null;

    public function __construct(public string $text)
    {
    }

    public function numbers(): Generator
    {
        $mine = $this;
        yield 1;
        yield $mine;
    }
}

final class Kept
{
    public static ?SplPriorityQueue $queue = null;
    public static ?Generator $generator = null;
}

/** A node that refers to itself. */
function loop(string $text): Node
{
    $node = new Node($text);
    $node->to = $node;
    return $node;
}

/** Each makes garbage, and returns an object of it whose address may lie around. */
$kinds = [
    'arrays' => function (string $text): object {
        $list = ['text' => $text, 'object' => new stdClass()];
        $list['self'] = &$list;
        return $list['object'];
    },
    'objects' => function (string $text): object {
        [$a, $b] = [new Node($text), new Node("$text!")];
        [$a->to, $b->to] = [$b, $a];
        $a->more = ['deep' => ['deeper' => [$text . '?']]];
        return $b;
    },
    'objects that compiled code lies upon' => function (string $text): object {
        static $classes = 0;
        $node = new Node($text);
        $node->to = $node;
        // Two pages that hold its address, as large as the table of the methods will be, which does not fill them.
        $list = array_fill(0, 500, $node);
        unset($list, $node);
        $methods = array_map(fn (int $n) => "function f$n() { return $n; }", range(1, 100));
        eval('class Compiled' . ++$classes . ' { ' . implode(' ', $methods) . ' }');
        return new stdClass();
    },
    'dynamic properties' => function (string $text): object {
        $a = new stdClass();
        $a->self = $a;
        $a->text = $text;
        $a->list = [$a, $text];
        return $a;
    },
    'closures' => function (string $text): object {
        $node = new Node($text);
        $node->to = function () use ($text, $node) {
            static $seen = [1, 2, 3];
            return [$this, $text, $seen];
        };
        $node->more = Closure::bind(fn () => $this->text, $node, Node::class);
        return $node->to;
    },
    'generators' => function (string $text): object {
        $node = new Node($text);
        $node->to = $node->numbers();
        $node->to->current();
        return $node;
    },
    'storages' => function (string $text): object {
        $storage = new SplObjectStorage();
        $storage[new Node($text)] = [$storage, $text];
        $list = new ArrayObject([$text]);
        $list[] = $list;
        $queue = new SplQueue();
        $queue[] = [$queue, "$text."];
        $queue[] = $storage;
        $fixed = new SplFixedArray(3);
        $fixed[1] = $fixed;
        $heap = new SplPriorityQueue();
        $heap->insert($heap, [$fixed, $queue, $list]);
        return $queue;
    },
    'unused places of storages' => function (string $text): object {
        // A queue that lives keeps the last element that was taken out of it where it was.
        if (Kept::$queue === null) {
            Kept::$queue = new SplPriorityQueue();
            // The collector makes its table of properties where there is none, which counts as memory in use.
            get_object_vars(Kept::$queue);
        }
        Kept::$queue->insert(1, 1);
        Kept::$queue->insert(loop($text), 2);
        return Kept::$queue->extract();
    },
    'temporaries' => function (string $text): object {
        // What a call returned stays in the frame's temporary after it went into a variable.
        $suspend = function () use ($text): Generator {
            $node = loop($text);
            $node = null;
            yield 1;
        };
        Kept::$generator = $suspend();
        Kept::$generator->current();
        return new stdClass();
    },
    'resources' => function (string $text): object {
        $node = loop($text);
        $node->more = stream_context_create(['http' => ['header' => "$text:"]]);
        return $node;
    },
    'held from outside' => function (string $text): object {
        [$a, $b] = [new Node($text), new Node("$text!")];
        [$a->to, $b->to] = [$b, $a];
        leaky_hold($a);
        return new stdClass();
    },
    'held by C' => function (string $text): object {
        $node = loop($text);
        leaky_hold($node);
        return $node;
    },
    'a string held from outside' => function (string $text): object {
        leaky_hold($text);
        return loop($text);
    },
    'reached from what is held' => function (string $text): object {
        $kept = new Node($text);
        $kept->to = $kept->more = new Node("$text!");
        $kept->to->to = $kept->to;
        leaky_hold($kept);
        return new stdClass();
    },
];

if (($argv[2] ?? '') === 'disabled') {
    gc_disable();
}
$make = $kinds[$argv[1]];
unset($kinds);

// stdin's buffer is made by it.
fgets(STDIN);

function repeat(Closure $make): int
{
    $word = 0;
    for ($i = 0; $i < 100; $i++) {
        $word = leaky_address($make(str_repeat("text $i ", 20)));
    }
    return $word;
}

$word = 0;
if (($argv[2] ?? '') === 'scrubbed') {
    // On a C stack of its own, which is gone afterwards, from memory whose addresses were not used before.
    $taken = [];
    for ($bytes = 1; $bytes < 700; $bytes += 7) {
        for ($i = 0; $i < 100; $i++) {
            $taken[] = str_repeat('t', $bytes);
        }
    }
    (new Fiber(function () use ($make, &$word): void {
        $word = repeat($make);
    }))->start();
} else {
    $word = repeat($make);
}
leaky_call($word, function (): void {
    $status = gc_status();
    fwrite(STDOUT, 'ready ' . json_encode(['usage' => memory_get_usage(), 'roots' => $status['roots'], 'runs' => $status['runs'], 'threshold' => $status['threshold']]) . "\n");
    fgets(STDIN);
});
$before = memory_get_usage();
gc_collect_cycles();
$after = memory_get_usage();
fwrite(STDOUT, json_encode(['freed' => $before - $after]) . "\n");
