<?php
// A library's helper that makes a string and keeps nothing.
declare(strict_types=1);

namespace Acme;

final class Text
{
    public static function repeat(string $word): string
    {
        return str_repeat($word, 100); // @leak-1
    }
}
