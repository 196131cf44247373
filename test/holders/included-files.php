<?php
// Files that are made and included. PHP keeps the names of all.
// holder: {"holder": "included files", "path": "included files", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

function handle(string $file): void
{
    include $file; // @leak
}

$directory = sys_get_temp_dir() . '/phptrace-' . str_repeat('included', 10) . getmypid();
mkdir($directory);
register_shutdown_function(fn () => rmdir($directory));
for ($n = 0; turn(); $n++) {
    $file = "$directory/$n.php";
    file_put_contents($file, '<?php ');
    handle($file);
    unlink($file);
}
