<?php
// Fills its heap with so many MB as a Laravel or Doctrine process does: entities with declared properties that refer to
// each other, collections, attribute arrays by name, rows as they came from the database, dates, closures, and texts of
// all lengths. Prints `ready`, the bytes in use and the number of entities, then waits for the end of its stdin.
declare(strict_types=1);

final class Collection implements Countable
{
    /** @var array<int, object> */
    private array $items = [];

    public function add(object $item): void
    {
        $this->items[] = $item;
    }

    public function count(): int
    {
        return count($this->items);
    }
}

abstract class Model
{
    /** @var array<string, mixed> */
    public array $attributes = [];
    /** @var array<string, mixed> */
    public array $original = [];
    /** @var array<string, object> */
    public array $relations = [];
    public bool $exists = true;
}

final class User extends Model
{
    public Collection $orders;
}

final class Order extends Model
{
    public ?DateTimeImmutable $placed = null;
    public ?Closure $total = null;
}

final class UnitOfWork
{
    /** @var array<string, array<int, Model>> */
    public array $identityMap = [];
    /** @var array<int, array<string, mixed>> */
    public array $originalData = [];
    /** @var array<int, string> */
    public array $pages = [];
}

function text(int $seed): string
{
    return str_repeat(chr(97 + $seed % 26), 8 + ($seed * 7919) % 120) . $seed;
}

/** @return array<string, mixed> */
function row(int $id): array
{
    return ['id' => $id, 'name' => text($id), 'email' => "user$id@example.test", 'note' => $id % 3 ? null : text($id * 3)];
}

function addUser(UnitOfWork $work, int $id): void
{
    $user = new User();
    $user->attributes = row($id);
    $user->original = $user->attributes;
    $user->orders = new Collection();
    $user->relations['orders'] = $user->orders;
    for ($number = 0; $number < 3; $number++) {
        $order = new Order();
        $order->attributes = ['id' => $id * 3 + $number, 'user_id' => $id, 'lines' => range(1, 5 + $id % 20)];
        $order->relations['user'] = $user;
        $order->placed = $number === 0 ? new DateTimeImmutable('@' . (1_700_000_000 + $id)) : null;
        $order->total = $number === 1 ? static fn (): int => array_sum($order->attributes['lines']) : null;
        $user->orders->add($order);
        $work->identityMap[Order::class][] = $order;
    }
    $work->identityMap[User::class][$id] = $user;
    $work->originalData[spl_object_id($user)] = row($id);
    if ($id % 200 === 0) {
        $work->pages[] = str_repeat(text($id), 100 + $id % 900);
    }
}

ini_set('memory_limit', '-1');
gc_disable();
$bytes = (int) ($argv[1] ?? 50) << 20;
$work = new UnitOfWork();
for ($id = 1; memory_get_usage() < $bytes; $id++) {
    addUser($work, $id);
}
fwrite(STDOUT, 'ready ' . memory_get_usage() . ' ' . 4 * ($id - 1) . "\n");
// A read of a socket, as Node gives it for stdin, ends after default_socket_timeout.
while (fgets(STDIN) === false && !feof(STDIN)) {
}
