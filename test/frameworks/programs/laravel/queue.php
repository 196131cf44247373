<?php
// Laravel's queue worker, as `artisan queue:work` runs it, on a queue in the database; each job puts the next one there.
declare(strict_types=1);

require __DIR__ . '/app.php';

use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Queue\Queueable;
use Illuminate\Queue\WorkerOptions;
use Illuminate\Support\Facades\Schema;

abstract class Job implements ShouldQueue
{
    use Queueable;

    public function __construct(protected int $number)
    {
    }

    public function handle(): void
    {
        measured() || exit;
        $this->work();
        dispatch(new static($this->number + 1));
    }

    abstract protected function work(): void;
}

function workOff(Application $app, Job $first): void
{
    Schema::create('jobs', function ($table) {
        $table->id();
        $table->string('queue');
        $table->longText('payload');
        $table->integer('attempts');
        $table->integer('reserved_at')->nullable();
        $table->integer('available_at');
        $table->integer('created_at');
    });
    config(['queue.default' => 'database']);
    dispatch($first);
    $app->make('queue.worker')->setCache($app->make('cache')->driver());
    $app->make('queue.worker')->daemon('database', 'default', new WorkerOptions(sleep: 0));
}
