<?php
// Jobs that ask the database.
// truth: {"loop": "Illuminate\\Queue\\Worker::process"}
declare(strict_types=1);

require __DIR__ . '/queue.php';

use Illuminate\Support\Facades\DB;

final class ShowUser extends Job
{
    protected function work(): void
    {
        DB::table('users')->find($this->number % 50 + 1);
    }
}

workOff(application(fn () => null), new ShowUser(1));
