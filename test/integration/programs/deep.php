<?php
// A linked list of a million objects and an array nested 100,000 deep. Says `ready`, and ends when its
// stdin is closed.
declare(strict_types=1);

final class Link
{
    public mixed $next = null;
}

final class EndOfList
{
}

final class EndOfArray
{
}

final class Chains
{
    public static ?Link $list = null;
    public static array $nested = [];
}

$last = Chains::$list = new Link();
for ($n = 1; $n < 1_000_000; $n++) {
    $last = $last->next = new Link();
}
$last->next = new EndOfList();
unset($last);
$nested = [new EndOfArray()];
for ($n = 1; $n < 100_000; $n++) {
    $nested = [$nested];
}
Chains::$nested = $nested;
unset($nested);
echo "ready\n";
while (!feof(STDIN)) {
    fread(STDIN, 1);
}
