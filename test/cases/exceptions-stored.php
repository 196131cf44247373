<?php
// Exceptions that are collected for a report nobody sends: each holds its trace.
// truth: {"loop": "handle", "verdict": "leak", "exit": 1,
//   "sites": [{"line": "@leak-1", "function": "Orders::load", "verdict": "leak",
//              "holder": "$GLOBALS['errors']",
//              "path": "$GLOBALS['errors'] → [*] → ->trace → [*]",
//              "bytesPerLoop": {"7.4": 1368, "8.2": 1208},
//              "stack": ["Orders::load", "handle", "{main}"]}]}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Orders
{
    public function load(int $id): void
    {
        throw new RuntimeException('no such order', $id); // @leak-1
    }
}

function handle(int $n, Orders $orders, SplFixedArray $errors): void
{
    try {
        $orders->load($n);
    } catch (RuntimeException $error) {
        $errors[$n] = $error;
    }
}

// Arguments would be kept too, and each version lays their arrays out in its own way.
ini_set('zend.exception_ignore_args', '1');
make_room_for_objects(12_000);
$orders = new Orders();
$errors = new SplFixedArray(12_000);
for ($n = 0; measured(11_000); $n++) {
    handle($n, $orders, $errors);
    usleep(2000);
}
