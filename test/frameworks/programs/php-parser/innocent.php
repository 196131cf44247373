<?php
// An analyser that parses a file a turn, looks at its tree and forgets it.
// truth: {"loop": "analyse"}
declare(strict_types=1);

require __DIR__ . '/parse.php';

use PhpParser\NodeFinder;
use PhpParser\PrettyPrinter\Standard;

function analyse(int $number): int
{
    $tree = parse($number);
    $calls = (new NodeFinder())->findInstanceOf($tree, PhpParser\Node\Expr\FuncCall::class);
    return count($calls) + strlen((new Standard())->prettyPrintFile($tree));
}

for ($number = 1; measured(); $number++) {
    analyse($number);
}
