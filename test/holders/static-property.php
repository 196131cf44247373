<?php
// A static property.
// holder: {"holder": "static AuditTrail::$entries", "path": "static AuditTrail::$entries → [*] → 'body'", "types": ["string"]}
declare(strict_types=1);

require __DIR__ . '/turn.php';

final class AuditTrail
{
    public static array $entries = [];
}

function handle(): void
{
    $text = str_repeat('entry', 100); // @leak
    AuditTrail::$entries[] = ['body' => $text, 'level' => 1];
}

while (turn()) {
    handle();
}
