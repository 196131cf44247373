<?php
// A random graph of objects, made from a seed: random-graph.php SEED. Objects of four classes refer to each other by
// properties, arrays and dynamic properties; some are held by a static property, the others by each other only or not
// at all. Says what there is as JSON, by its own books: objects by class, edges between objects, how many the static
// property reaches. The collector is off, so what it does not reach stays. Ends when its stdin is closed.
declare(strict_types=1);

class A
{
    public mixed $left = null;
    public mixed $right = null;
    public array $list = [];
}

class B extends A
{
    private mixed $own = null;

    public function keep(mixed $value): void
    {
        $this->own = $value;
    }
}

#[AllowDynamicProperties]
class C
{
    public string $text = '';
}

final class D
{
    public function __construct(public readonly ?object $only)
    {
    }
}

final class Roots
{
    public static array $held = [];
}

/** Makes the graph, and returns its books; nothing but Roots::$held refers to the objects afterwards. */
function make(int $seed): array
{
    mt_srand($seed);
    $count = mt_rand(50, 400);
    $objects = [];
    $edges = [];
    for ($i = 0; $i < $count; $i++) {
        $kind = ['A', 'B', 'C', 'D'][mt_rand(0, 3)];
        $only = $kind === 'D' && $i > 0 && mt_rand(0, 1) === 1 ? mt_rand(0, $i - 1) : null;
        $objects[] = $kind === 'D' ? new D($only === null ? null : $objects[$only]) : new $kind();
        $edges[] = $only === null ? [] : [$only];
    }
    foreach ($objects as $i => $object) {
        for ($n = mt_rand(0, 4); $n > 0; $n--) {
            $to = mt_rand(0, $count - 1);
            if ($object instanceof A) {
                $way = mt_rand(0, $object instanceof B ? 3 : 2);
                if ($way === 0 && $object->left === null) {
                    $object->left = $objects[$to];
                } elseif ($way === 3) {
                    continue;
                } elseif ($way === 1) {
                    $object->list["key $n"] = $objects[$to];
                } else {
                    $object->list[] = [$objects[$to], 'text'];
                }
                $edges[$i][] = $to;
            } elseif ($object instanceof C) {
                $object->{"made$n"} = $objects[$to];
                $object->text = str_repeat('text', $n);
                $edges[$i][] = $to;
            }
        }
        if ($object instanceof B && mt_rand(0, 1) === 1) {
            $to = mt_rand(0, $count - 1);
            $object->keep($objects[$to]);
            $edges[$i][] = $to;
        }
    }
    $queue = [];
    for ($n = mt_rand(1, 5); $n > 0; $n--) {
        $root = mt_rand(0, $count - 1);
        Roots::$held[] = $objects[$root];
        $queue[] = $root;
    }
    $reached = array_fill_keys($queue, true);
    while ($queue !== []) {
        foreach ($edges[array_pop($queue)] as $to) {
            if (!isset($reached[$to])) {
                $reached[$to] = true;
                $queue[] = $to;
            }
        }
    }
    // Without a reference an object goes at once, and with it what only it referred to; the collector is off, so the
    // rest of what is not reached keeps itself by cycles: exactly what a cycle reaches backwards stays.
    $alive = $reached;
    foreach (array_keys($objects) as $i) {
        if (isCyclic($edges, $i)) {
            $alive += reach($edges, $i);
        }
    }
    $books = ['alive' => [], 'reached' => [], 'edges' => 0];
    foreach (array_keys($alive) as $i) {
        $class = $objects[$i]::class;
        $books['alive'][$class] = ($books['alive'][$class] ?? 0) + 1;
        $books['edges'] += count($edges[$i]);
        if (isset($reached[$i])) {
            $books['reached'][$class] = ($books['reached'][$class] ?? 0) + 1;
        }
    }
    return $books;
}

function reach(array $edges, int $from): array
{
    $seen = [$from => true];
    for ($queue = [$from]; $queue !== [];) {
        foreach ($edges[array_pop($queue)] as $to) {
            if (!isset($seen[$to])) {
                $seen[$to] = true;
                $queue[] = $to;
            }
        }
    }
    return $seen;
}

function isCyclic(array $edges, int $node): bool
{
    foreach ($edges[$node] as $to) {
        if (isset(reach($edges, $to)[$node])) {
            return true;
        }
    }
    return false;
}

gc_disable();
$books = make((int) $argv[1]);
echo json_encode($books + ['usage' => memory_get_usage()]), "\nready\n";
while (!feof(STDIN)) {
    fread(STDIN, 1);
}
