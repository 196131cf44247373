<?php
// Loaded by autoload-later.php when it is first needed.
declare(strict_types=1);

final class LateService
{
    private static ?array $table = null;

    public static function answer(int $n): string
    {
        self::$table ??= array_fill(0, 100, 'a word');
        return self::$table[$n % 100] . " number $n";
    }
}
