<?php
// A registry keeps each test's object, and with it all its properties.
// truth: {"loop": "KeptTest::testNumber", "leak": {"app": "@app", "holders": ["KeptTest::$seen"],
//   "line": "@app"}}
declare(strict_types=1);

require_once __DIR__ . '/suite.php';

use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class KeptTest extends TestCase
{
    private static array $seen = [];
    private ?array $fixture = null;

    protected function setUp(): void
    {
        measured() || exit;
        usleep(500);
    }

    public static function sets(): iterable
    {
        return numbers();
    }

    #[DataProvider('sets')]
    public function testNumber(int $number): void
    {
        self::$seen[] = $this;
        $this->fixture = range(1, 100); // @app
        self::assertCount(100, $this->fixture);
    }
}

runTests();
