<?php
// Each job listens to the queries of the connection, which outlives the job, for a log of its own.
// truth: {"loop": "Illuminate\\Queue\\Worker::process", "leak": {"app": "@app", "holders": ["->listeners"],
//   "line": "@app"}}
declare(strict_types=1);

require __DIR__ . '/queue.php';

use Illuminate\Support\Facades\DB;

final class ShowUser extends Job
{
    private int $queries = 0;

    protected function work(): void
    {
        DB::listen(fn () => $this->queries++); // @app
        DB::table('users')->find($this->number % 50 + 1);
    }
}

workOff(application(fn () => null), new ShowUser(1));
