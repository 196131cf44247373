<?php
// A tick function runs between the statements of the loop function and keeps memory each tenth time, which is once a
// call. Its line is named, and those between which it runs are not.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "on_tick", "verdict": "leak", "holder": "$GLOBALS['history']", "bytesPerLoop": 320}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function on_tick(): void
{
    global $history, $isBusy;
    static $ticks = 0;
    if ($isBusy && ++$ticks % 10 === 0) {
        $history[$ticks] = str_repeat('tick', 70); // @leak-1 280 characters, 320 bytes
    }
}

declare(ticks=1) {
    function handle(): int
    {
        global $isBusy;
        $isBusy = true;
        $text = 'a';
        $text .= 'b';
        $text .= 'c';
        $text .= 'd';
        $text .= 'e';
        $text .= 'f';
        $text .= 'g';
        $text .= 'h';
        $text .= 'i';
        $isBusy = false;
        return strlen($text);
    }
}

register_tick_function('on_tick');
$isBusy = false;
$history = new SplFixedArray(300_000);
for ($n = 0; measured(19_000); $n++) {
    handle();
    usleep(2000);
}
