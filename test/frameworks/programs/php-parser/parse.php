<?php
// PHP-Parser over a piece of source that is another one in each turn.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use PhpParser\NodeTraverser;
use PhpParser\NodeVisitor\NameResolver;
use PhpParser\ParserFactory;

function source(int $number): string
{
    return "<?php namespace App; final class C$number { public function f(int \$a): int { return g(\$a) + $number; } }";
}

/** @return PhpParser\Node[] */
function parse(int $number): array
{
    static $parser = null;
    $parser ??= (new ParserFactory())->createForNewestSupportedVersion();
    $traverser = new NodeTraverser(new NameResolver());
    return $traverser->traverse($parser->parse(source($number))); // @parse
}
