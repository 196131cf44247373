<?php
// Run by a thread of threads.c until the file of PHPTRACE_STOP is there: each loop keeps an array of 8 elements, of a
// size of its own (56 and 160 bytes).
final class Journal
{
    private SplFixedArray $entries;

    public function __construct()
    {
        $this->entries = new SplFixedArray(40_000);
    }

    public function note(int $loop): void
    {
        $this->entries[$loop] = range($loop, $loop + 7); // @leak
    }

    public function sum(): int
    {
        return array_sum($this->entries[0]);
    }
}

function handle(Journal $journal, int $loop): void
{
    $journal->note($loop);
    usleep(3000);
}

$journal = new Journal();
$stop = getenv('PHPTRACE_STOP');
echo "arrays ready\n";
for ($loop = 0; $loop < 40_000 && !file_exists($stop); $loop++) {
    handle($journal, $loop);
}
echo 'arrays ' . $journal->sum() . "\n";
