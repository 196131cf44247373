<?php
// Options of the context of a connection that outlives the request: no variable has it between two jobs.
// holder: {"holder": "persistent resource 'pfsockopen__unix://door:-1'", "path": "persistent resource 'pfsockopen__unix://door:-1' → 'job' → [*]", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(int $n): void
{
    $connection = pfsockopen('unix://door', -1);
    $note = str_repeat('note', 100); // @leak
    stream_context_set_option($connection, 'job', "n$n", $note);
}

chdir(sys_get_temp_dir());
$server = stream_socket_server('unix://door');
$connection = pfsockopen('unix://door', -1);
// Room from the start: the table of options does not double while it is looked at.
for ($n = -10_000; $n < 0; $n++) {
    stream_context_set_option($connection, 'job', "n$n", '');
}
unset($connection);
for ($n = 0; turn(); $n++) {
    handle($n);
}
