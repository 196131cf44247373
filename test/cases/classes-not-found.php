<?php
// An autoloader remembers which classes there are not, and each call asks for another: the names pile up.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Loader::find", "verdict": "leak", "holder": "$GLOBALS['loader']"}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Loader
{
    public SplFixedArray $missing;
    public int $next = 0;

    public function find(string $class): void
    {
        $this->missing[$this->next++] = "no $class in any of the folders"; // @leak-1
    }
}

function handle(int $n): bool
{
    return class_exists(sprintf('App\\Proxies\\Order%06d', $n)) || class_exists('stdClass');
}

$loader = new Loader();
$loader->missing = new SplFixedArray(10_000);
spl_autoload_register([$loader, 'find']);
for ($n = 0; measured(9000); $n++) {
    handle($n);
    usleep(2000);
}
