<?php
// The worker that the README speaks of: App\Worker::handle leaks a string a call, and the function handle() runs it.
declare(strict_types=1);

namespace App {
    final class Worker
    {
        private array $handled = [];

        public function handle(): void
        {
            $this->handled[] = str_repeat('job', 300); // leaks
        }
    }
}

namespace {
    function handle(App\Worker $worker): void
    {
        $worker->handle();
    }

    $worker = new App\Worker();
    echo "ready\n";
    for ($n = 0; $n < (int) ($argv[1] ?? 30_000); $n++) {
        handle($worker);
        usleep(2000);
    }
}
