<?php
// A long list of numbers gets one in every fourth loop, in code that innocent requests use, too.
// truth: {"loop": "serve", "loops": 400, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "push", "verdict": "leak", "fills": {"7.4": 8, "8.2": 4},
//              "holder": "$GLOBALS['audit']", "stack": ["push", "order", "serve", "{main}"],
//              "app": {"line": "@leak-1", "function": "push"}}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Audit
{
    /** @var list<int> */
    public array $entries = [];
    /** @var list<int> */
    public array $latest = [];
}

/** @param list<int> $list */
function push(array &$list, int $n): void
{
    array_push($list, $n); // @leak-1
}

function order(Audit $audit, int $n): void
{
    push($audit->entries, $n);
}

function look(Audit $audit, int $n): void
{
    push($audit->latest, $n);
    if (count($audit->latest) > 20) {
        while ($audit->latest !== []) {
            array_pop($audit->latest);
        }
    }
}

function serve(Audit $audit, int $n): void
{
    $n % 4 === 0 ? order($audit, $n) : look($audit, $n);
}

$audit = new Audit();
for ($number = 0; $number < 3000; $number++) {
    $audit->entries[] = $number;
}
for ($n = 0; measured(); $n++) {
    serve($audit, $n);
    usleep(4000);
}
