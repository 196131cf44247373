<?php
// Each turn makes thousands of calls, deeper than a loop is looked for, whose arguments are made by calls: while a call
// is made up, its frame stands as if nothing but the call around it were below.
declare(strict_types=1);

final class Word
{
    public function __construct(public readonly string $text)
    {
    }
}

function length(Word $word, Word $other): int
{
    return strlen($word->text) + strlen($other->text);
}

function level(int $left, int $n): int
{
    if ($left > 0) {
        return level($left - 1, $n);
    }
    $sum = 0;
    for ($i = 0; $i < 30; $i++) {
        $sum += length(new Word("word $i"), new Word("other $i"));
    }
    return $sum;
}

function render(int $n): int
{
    $sum = 0;
    for ($row = 0; $row < 2000; $row++) {
        $sum += level(14, $row);
    }
    return $sum;
}

function work(int $n): void
{
    render($n);
}

echo "ready\n";
for ($n = 0; $n < 1000; $n++) {
    work($n);
}
