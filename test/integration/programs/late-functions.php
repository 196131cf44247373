<?php
// Included by late.php.
declare(strict_types=1);

function lateHandle(): void
{
    static $kept = [];
    $kept[] = str_repeat('big string', 120); // @leak-1
}
