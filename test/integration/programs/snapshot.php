<?php
// Grows by what each line of its stdin says, counted by itself; tells what it knows of its heap after each.
declare(strict_types=1);

final class User
{
    public array $tags = [];

    public function __construct(public string $name)
    {
    }
}

final class AuditTrail
{
    public static array $entries = [];
}

final class Cache
{
    public array $byName = [];
    public ?User $last = null;
}

function tell(): void
{
    // Twice: what is made for the first is there at the second.
    for ($i = 0; $i < 2; $i++) {
        $usage = memory_get_usage();
    }
    fwrite(STDOUT, "ready $usage\n");
}

$cache = new Cache();
for ($i = 0; $i < 1000; $i++) {
    $cache->byName["user-$i"] = new User(str_repeat('same name', 20));
}
for ($i = 0; $i < 5000; $i++) {
    AuditTrail::$entries[] = ['body' => "secret of entry $i", 'level' => 1];
}
$cache->last = end($cache->byName);
// Its stdin's buffer is made by the first line, which says nothing.
fgets(STDIN);
tell();
while (($line = fgets(STDIN)) !== false) {
    switch (trim($line)) {
        case 'grow':
            for ($i = 0; $i < 300; $i++) {
                AuditTrail::$entries[] = ['body' => "secret of entry +$i", 'level' => 2];
            }
            break;
        case 'fragment':
            $list = [];
            for ($i = 0; $i < 20000; $i++) {
                $list[] = str_repeat('x', 100) . $i;
            }
            unset($list);
            break;
        case 'caches':
            fwrite(STDOUT, 'freed ' . gc_mem_caches() . "\n");
            break;
    }
    tell();
}
fwrite(STDOUT, 'done ' . count(AuditTrail::$entries) . "\n");
exit(7);
