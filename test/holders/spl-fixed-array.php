<?php
// An SplFixedArray.
// holder: {"holder": "$GLOBALS['list']", "path": "$GLOBALS['list'] → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(SplFixedArray $list, int $place): void
{
    $list[$place] = str_repeat('text', 100); // @leak
}

$list = new SplFixedArray(20_000);
for ($place = 0; turn(); $place++) {
    handle($list, $place);
}
