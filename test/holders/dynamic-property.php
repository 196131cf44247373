<?php
// Properties that are made up as they are needed.
// holder: {"holder": "static Bag::$bag", "path": "static Bag::$bag → ->*", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Bag
{
    public static ?stdClass $bag = null;
}

function handle(int $n): void
{
    $value = str_repeat('value', 100); // @leak
    Bag::$bag->{"value$n"} = $value;
}

Bag::$bag = new stdClass();
for ($n = 0; turn(); $n++) {
    handle($n);
}
