<?php
// A WeakMap whose keys live.
// holder: {"holder": "$GLOBALS['map']", "path": "$GLOBALS['map'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(WeakMap $map, object $key): void
{
    $about = str_repeat('about', 100); // @leak
    $map[$key] = $about;
}

$map = new WeakMap();
$keys = new SplFixedArray(20_000);
for ($place = 0; turn(); $place++) {
    $keys[$place] = new stdClass();
    handle($map, $keys[$place]);
}
