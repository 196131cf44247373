<?php
// Tests with a fixture and a mock each.
// truth: {"loop": "InnocentTest::testNumber"}
declare(strict_types=1);

require_once __DIR__ . '/suite.php';

use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class InnocentTest extends TestCase
{
    private ArrayObject $fixture;

    protected function setUp(): void
    {
        measured() || exit;
        usleep(500);
        $this->fixture = new ArrayObject(range(1, 20));
    }

    public static function sets(): iterable
    {
        return numbers();
    }

    #[DataProvider('sets')]
    public function testNumber(int $number): void
    {
        $source = $this->createStub(Countable::class);
        $source->method('count')->willReturn($number);
        self::assertCount($number, $source);
        self::assertContains($number % 20 + 1, $this->fixture);
    }
}

runTests();
