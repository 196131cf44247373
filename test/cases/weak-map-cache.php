<?php
// What is computed for an object is kept in a WeakMap, and goes with the object.
// truth: {"loop": "handle", "since": "8.0", "verdict": "clean", "exit": 0}
declare(strict_types=1);

require __DIR__ . '/lib/measured.php';

final class Order
{
    public array $lines = [];
}

function total(Order $order): array
{
    static $totals = null;
    $totals ??= new WeakMap();
    return $totals[$order] ??= ['total' => array_sum($order->lines), 'text' => str_repeat('line', count($order->lines))];
}

function handle(int $n): void
{
    static $recent = [];
    $order = new Order();
    $order->lines = range(1, 20 + $n % 5);
    total($order);
    $recent[$n % 8] = $order;
}

for ($n = 0; measured(); $n++) {
    handle($n);
    usleep(2000);
}
