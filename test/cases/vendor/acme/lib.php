<?php
// A library under vendor/: the line that allocates is here, the line to look at is its caller's.
declare(strict_types=1);

namespace Acme;

final class Metrics
{
    private static array $points = [];

    public static function count(string $name): void
    {
        self::add($name, 1);
    }

    private static function add(string $name, int $by): void
    {
        self::$points[] = new Point($name, $by); // @leak-1
    }
}

final class Point
{
    public string $name;
    public int $by;

    public function __construct(string $name, int $by)
    {
        $this->name = $name;
        $this->by = $by;
    }
}
