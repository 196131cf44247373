<?php
// A library whose destructor allocates.
declare(strict_types=1);

namespace Acme;

final class Job
{
    private int $n;
    private \SplFixedArray $log;

    public function __construct(int $n, \SplFixedArray $log)
    {
        $this->n = $n;
        $this->log = $log;
    }

    public function __destruct()
    {
        $this->log[$this->n] = str_repeat('done', 50); // @leak-1 200 characters, 256 bytes
    }
}
