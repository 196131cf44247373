<?php
// A template engine's mistake: each call writes a file under a new name and includes it; its code stays for good.
// truth: {"loop": "handle", "loops": 60, "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "handle", "verdict": "leak",
//              "holder": "compiled code | interned strings"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

function handle(int $n, string $directory): void
{
    $file = "$directory/template-$n.php";
    file_put_contents($file, "<?php\nfunction render_{$n}(array \$row): string { return \$row['a_{$n}'] . 'tail_{$n}'; }\n");
    include $file; // @leak-1
    unlink($file);
}

$directory = sys_get_temp_dir() . '/phptrace-templates-' . getmypid();
mkdir($directory);
for ($n = 0; measured(); $n++) {
    handle($n, $directory);
    usleep(2000);
}
rmdir($directory);
