<?php
// A template engine compiles each of its templates when it is first shown, the last one after 78 calls; then it rests.
// truth: {"loop": "handle", "how": "run", "loops": 300, "verdict": "clean", "exit": 0,
//   "sites": [{"line": "@bounded-1", "function": "Templates::render", "verdict": "bounded"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Templates
{
    private string $directory;

    public function __construct(string $directory)
    {
        $this->directory = $directory;
    }

    public function render(string $name, int $n): string
    {
        $function = "render_$name";
        if (!function_exists($function)) {
            $file = "$this->directory/$name.php";
            file_put_contents($file, "<?php\nfunction $function(int \$n): string { return \"<p>$name {\$n}</p>\"; }\n");
            include $file; // @bounded-1
            unlink($file);
        }
        return $function($n);
    }
}

function handle(int $n, Templates $templates): int
{
    // Call n shows the first of them that fit into it: a new one after 1, 3, 6, 10 … calls.
    return strlen($templates->render('page' . (int) min(12, (sqrt(8 * $n + 1) - 1) / 2), $n));
}

$directory = sys_get_temp_dir() . '/phptrace-compiled-' . getmypid();
mkdir($directory);
$templates = new Templates($directory);
for ($n = 0; measured(1000); $n++) {
    handle($n, $templates);
    usleep(1000);
}
rmdir($directory);
