<?php
// An analyser that keeps the tree of each file that it has met.
// truth: {"loop": "Analyser::analyse", "leak": {"app": {"file": "parse.php", "mark": "@parse"}, "holders": ["Analyser::$trees"],
//   "line": {"file": "nikic/php-parser/lib/PhpParser/ParserAbstract.php", "has": "'startLine' => $startToken->line,"}}}
declare(strict_types=1);

require __DIR__ . '/parse.php';

final class Analyser
{
    private static array $trees = [];

    public static function analyse(int $number): void
    {
        self::$trees[] = parse($number);
    }
}

for ($number = 1; measured(5000); $number++) {
    Analyser::analyse($number);
    usleep(2000);
}
