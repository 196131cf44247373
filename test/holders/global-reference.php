<?php
// A property that is a reference to a global variable.
// holder: {"holder": "$GLOBALS['arr']", "path": "$GLOBALS['arr'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class ClassA
{
    public ?array $pro;

    public function __construct()
    {
        $this->pro = &$GLOBALS['arr'];
    }
}

function handle(): void
{
    $obj = new ClassA();
    $text = str_repeat('big string', 50); // @leak
    $obj->pro[] = $text;
}

$arr = [];
while (turn()) {
    handle();
}
