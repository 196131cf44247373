<?php
// A worker that leaks on three lines, among neighbours that look alike and are innocent. Runs for a minute, or $argv[1] s.
//
//   php examples/leaky-worker.php &
//   sudo phptrace attach $! --loop handle
declare(strict_types=1);

final class AuditLog
{
    private static array $entries = [];

    public static function write(string $entry): void
    {
        self::$entries[] = strtoupper($entry); // leaks: a static property that nothing ever takes from
    }
}

final class Mailer
{
    private array $sent = [];

    public function send(string $to, int $order): void
    {
        $this->sent[] = [$to, template() . $order]; // leaks: the mailer is a global, its property lives on with it
    }
}

/** Keeps the latest 16 answers only: full after 16 calls, then it only turns. */
final class LatestAnswers
{
    private array $answers = [];

    public function add(int $n, string $answer): void
    {
        $this->answers[$n % 16] = $answer;
    }
}

function template(): string
{
    static $template = null;

    return $template ??= str_repeat('<p>Dear customer</p>', 100);
}

function handle(int $n): void
{
    global $mailer, $latest;
    static $seen = [];

    $order = ['id' => 1_000_000 + $n, 'items' => range(1, 50)];
    AuditLog::write(str_repeat("order {$order['id']} ", 10));
    $seen["order-{$order['id']}"] = true; // leaks: a function's static, a key for each order
    $latest->add($n, json_encode($order));
    $mailer->send('customer@example.org', $order['id']);
}

$mailer = new Mailer();
$latest = new LatestAnswers();
$end = time() + (int) ($argv[1] ?? 60);
echo 'worker ', getmypid(), " is at work\n";
for ($n = 0; time() < $end; $n++) {
    handle($n);
    usleep(5000);
}
