<?php
// At a line on its stdin makes garbage of the kind that it is told and says `ready`; at the end of stdin says what PHP's
// collector frees of it.
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

$kinds = [
    'arrays' => function (string $text): void {
        $list = ['text' => $text];
        $list['self'] = &$list;
    },
    'objects' => function (string $text): void {
        [$a, $b] = [new Node($text), new Node("$text!")];
        [$a->to, $b->to] = [$b, $a];
        $a->more = ['deep' => ['deeper' => [$text . '?']]];
    },
    'dynamic properties' => function (string $text): void {
        $a = new stdClass();
        $a->self = $a;
        $a->text = $text;
        $a->list = [$a, $text];
    },
    'closures' => function (string $text): void {
        $node = new Node($text);
        $node->to = function () use ($text, $node) {
            static $seen = [1, 2, 3];
            return [$this, $text, $seen];
        };
        $node->more = Closure::bind(fn () => $this->text, $node, Node::class);
    },
    'generators' => function (string $text): void {
        $node = new Node($text);
        $node->to = $node->numbers();
        $node->to->current();
    },
    'storages' => function (string $text): void {
        $storage = new SplObjectStorage();
        $storage[new Node($text)] = [$storage, $text];
        $list = new ArrayObject([$text]);
        $list[] = $list;
        $queue = new SplQueue();
        $queue[] = [$queue, "$text."];
        $fixed = new SplFixedArray(1);
        $fixed[0] = $fixed;
    },
    'held from outside' => function (string $text): void {
        [$a, $b] = [new Node($text), new Node("$text!")];
        [$a->to, $b->to] = [$b, $a];
        leaky_hold($a);
    },
    'a string held from outside' => function (string $text): void {
        $node = new Node($text);
        $node->to = $node;
        leaky_hold($text);
    },
    'reached from what is held' => function (string $text): void {
        $kept = new Node($text);
        $kept->to = $kept->more = new Node("$text!");
        $kept->to->to = $kept->to;
        leaky_hold($kept);
    },
];

if (($argv[2] ?? '') === 'disabled') {
    gc_disable();
}
// The first line: stdin's buffer is made by it, of memory that holds no addresses of garbage yet.
fgets(STDIN);

// Slots that were in use before are taken, for the C stack may still have their addresses.
$taken = [];
for ($bytes = 1; $bytes < 700; $bytes += 7) {
    for ($i = 0; $i < 100; $i++) {
        $taken[] = str_repeat('t', $bytes);
    }
}

function repeat(Closure $make): void
{
    for ($i = 0; $i < 100; $i++) {
        $make(str_repeat("text $i ", 20));
    }
}

// On a C stack of its own, which is gone afterwards: phptrace has to take whatever lies in one for a pointer.
(new Fiber(fn () => repeat($kinds[$argv[1]])))->start();
unset($kinds);
$status = gc_status();
fwrite(STDOUT, 'ready ' . json_encode(['usage' => memory_get_usage(), 'roots' => $status['roots'], 'runs' => $status['runs'], 'threshold' => $status['threshold']]) . "\n");
fgets(STDIN);
$before = memory_get_usage();
gc_collect_cycles();
$after = memory_get_usage();
fwrite(STDOUT, json_encode(['freed' => $before - $after]) . "\n");
