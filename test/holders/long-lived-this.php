<?php
// The object whose method never returns: the seed's second example.
// holder: {"holder": "$this of Test::run() at {file}:@declared", "path": "$this of Test::run() at {file}:@declared → ->pro → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Test
{
    public ?array $pro = null;

    public function run(): void // @declared
    {
        $on = function (): void {
            $text = str_repeat('big string', 50); // @leak
            $this->pro[] = $text;
        };
        while (turn()) {
            handle($on);
        }
    }
}

function handle(callable $on): void
{
    $on();
}

(new Test())->run();
