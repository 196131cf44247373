<?php
// A library whose destructor allocates.
declare(strict_types=1);

namespace Acme;

final class Job
{
    public function __construct(private readonly int $n, private readonly \SplFixedArray $log)
    {
    }

    public function __destruct()
    {
        $this->log[$this->n] = str_repeat('done', 50); // @leak-1 200 characters, 256 bytes
    }
}
