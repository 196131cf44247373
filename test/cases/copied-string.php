<?php
// Each call makes a longer copy and drops the one before: every block is freed in the very next call, and still more is
// alive after each.
// truth: {"loop": "handle", "how": "run", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "static Page::$html", "bytesPerLoop": 4096}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Page
{
    public static string $html = '';
}

function handle(): void
{
    $row = str_repeat('<tr><td>rows of a page</td></tr>', 128); // 32 bytes each
    Page::$html = Page::$html . $row; // @leak-1 one page more than the block that it replaces
}

while (measured(400)) {
    handle();
    usleep(2000);
}
