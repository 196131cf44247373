<?php
// Asks a server on 127.0.0.1 again and again: `php load.php [PORT [SECONDS [AT_ONCE]]]`, by default 9501, 30 and 1. Ends
// early where the server is gone.

[, $port, $seconds, $atOnce] = $argv + [1 => 9501, 30, 1];
$end = time() + (int) $seconds;
$open = [];
for ($answered = 0; time() < $end;) {
    while (count($open) < $atOnce) {
        $client = @stream_socket_client("tcp://127.0.0.1:$port", $code, $message, 5);
        if ($client === false) {
            fwrite(STDERR, "$answered answers, then no server on port $port: $message\n");
            exit(1);
        }
        fwrite($client, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        $open[(int) $client] = $client;
    }
    $readable = $open;
    $write = $except = null;
    if (stream_select($readable, $write, $except, 5) === 0) {
        fwrite(STDERR, "$answered answers, then none within 5 s\n");
        exit(1);
    }
    foreach ($readable as $client) {
        fread($client, 65536);
        if (feof($client)) {
            fclose($client);
            unset($open[(int) $client]);
            $answered++;
        }
    }
    usleep(1000);
}
echo "$answered answers\n";
