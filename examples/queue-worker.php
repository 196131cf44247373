<?php
// A worker as frameworks write them: run() never leaves, so nothing that it or its $this holds is ever given back. The
// loop is the method that it calls again and again; without --loop phptrace finds it by watching. Runs for a minute.
//
//   php examples/queue-worker.php &
//   sudo phptrace attach $! --loop QueueWorker::process
declare(strict_types=1);

final class Job
{
    public ?string $result = null;

    public function __construct(public readonly int $id)
    {
    }
}

final class QueueWorker
{
    private array $byId = [];

    public function run(int $seconds): void
    {
        $end = time() + $seconds;
        for ($id = 0; time() < $end; $id++) {
            $this->process(new Job($id)); // leaks: the job is kept, see below
        }
    }

    private function process(Job $job): void
    {
        $this->wait();
        $job->result = md5(str_repeat("job {$job->id}", 1000)); // leaks: the job holds its result
        $this->byId[$job->id] = $job; // the table that keeps all jobs; it grows by doubling, so rarely
    }

    private function wait(): void
    {
        usleep(5000);
    }
}

(new QueueWorker())->run(60);
