<?php
// For PHP 8.4 and later. Holds lazy objects: ghosts that wait, proxies that wait and that are initialized, and lets go of
// cycles through what initializes them, and through what stands behind them. Says `ready` and the bytes in use; at the
// end of stdin says what PHP's collector frees.
declare(strict_types=1);

class Report
{
    public ?Title $title;
    public mixed $extra;
}

class Title
{
    public function __construct(public string $text) {}
}

class InGhost extends Title {}
class InProxy extends Title {}
class BehindProxy extends Title {}
class OfMethod extends Title
{
    public function init(Report $report): void
    {
        $report->title = $this;
    }
}
class Once extends Title {}
class Loop extends Title
{
    public mixed $to;
}

final class Kept
{
    /** @var array<string, object> */
    public static array $all = [];
}

function ghost(Title $title): Report
{
    return new ReflectionClass(Report::class)->newLazyGhost(function (Report $report) use ($title): void {
        $report->title = $title;
    });
}

function proxy(Title $title): Report
{
    return new ReflectionClass(Report::class)->newLazyProxy(function () use ($title): Report {
        $real = new Report();
        $real->title = $title;
        return $real;
    });
}

function hold(): void
{
    Kept::$all['ghost'] = ghost(new InGhost('ghost'));
    Kept::$all['waiting'] = proxy(new InProxy('proxy'));
    Kept::$all['proxy'] = proxy(new BehindProxy('behind'));
    Kept::$all['proxy']->title->text .= '!';
    Kept::$all['method'] = new ReflectionClass(Report::class)->newLazyGhost((new OfMethod('method'))->init(...));
    // Initialized, a ghost is an object as any other.
    Kept::$all['once'] = ghost(new Once('once'));
    Kept::$all['once']->title->text .= '!';
    // One that is gone leaves its place in the table.
    ghost(new Once('gone'));
}

function lose(): void
{
    $of = function (string $what): Loop {
        return new Loop(str_repeat($what, 10));
    };
    $waiting = $of('waiting');
    $waiting->to = ghost($waiting);
    $proxy = $of('proxy');
    $proxy->to = proxy($proxy);
    $behind = $of('behind');
    $behind->to = proxy($behind);
    $behind->to->title->text .= '!';
}

hold();
lose();
// Makes what the collector keeps for itself.
gc_collect_cycles();
fgets(STDIN);
for ($n = 0; $n < 100; $n++) {
    lose();
}
fwrite(STDOUT, 'ready ' . memory_get_usage() . "\n");
fgets(STDIN);
$before = memory_get_usage();
gc_collect_cycles();
$after = memory_get_usage();
fwrite(STDOUT, 'freed ' . ($before - $after) . "\n");
