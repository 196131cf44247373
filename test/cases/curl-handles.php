<?php
// A handle for each call, closed by nobody: a list has them all. What libcurl takes for itself by malloc is not PHP's.
// truth: {"loop": "handle", "needs": ["curl"], "since": "8.0", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['handles']"},
//             {"line": "@leak-2", "function": "handle", "verdict": "leak", "holder": "$GLOBALS['handles']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, SplFixedArray $handles): void
{
    $handle = curl_init("http://127.0.0.1/orders/$n"); // @leak-1
    curl_setopt($handle, CURLOPT_PRIVATE, "order $n"); // @leak-2
    $handles[$n] = $handle;
    $closed = curl_init('http://127.0.0.1/');
    curl_setopt($closed, CURLOPT_HTTPHEADER, ["X-Order: $n"]);
    curl_close($closed);
}

make_room_for_objects(7000);
$handles = new SplFixedArray(6000);
for ($n = 0; measured(5500); $n++) {
    handle($n, $handles);
    usleep(4000);
}
