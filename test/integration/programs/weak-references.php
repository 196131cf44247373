<?php
// Objects that are referred to weakly: half of them by one reference, the others by a reference and a map.
declare(strict_types=1);

final class Entry
{
}

$kept = [];
$weak = [];
$map = new WeakMap();
for ($n = 0; $n < 400; $n++) {
    $entry = new Entry();
    $kept[] = $entry;
    $weak[] = WeakReference::create($entry);
    if ($n % 2 === 0) {
        $map[$entry] = $n;
    }
}
unset($entry);
echo "ready\n";
sleep(60);
