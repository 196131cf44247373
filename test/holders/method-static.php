<?php
// A static variable of a method.
// holder: {"holder": "static $cache in Service::answer()", "path": "static $cache in Service::answer() → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class Service
{
    public function answer(int $n): string
    {
        static $cache = [];
        $answer = str_repeat("answer $n", 50); // @leak
        return $cache["key $n"] ??= $answer;
    }
}

function handle(): void
{
    static $n = 0;
    (new Service())->answer(++$n);
}

while (turn()) {
    handle();
}
