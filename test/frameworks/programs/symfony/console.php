<?php
// A console application that runs one command again and again.
declare(strict_types=1);

require __DIR__ . '/../lib/frameworks.php';

use Symfony\Component\Console\Application;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Helper\Table;
use Symfony\Component\Console\Input\ArrayInput;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

final class Report extends Command
{
    protected function configure(): void
    {
        $this->setName('report')->addArgument('number', InputArgument::REQUIRED);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $output->writeln('<info>report ' . $input->getArgument('number') . '</info>');
        $table = new Table($output);
        $table->setHeaders(['id', 'name'])->setRows(array_map(fn (int $id) => [$id, "row $id"], range(1, 80)));
        $table->render(); // @app
        return Command::SUCCESS;
    }
}

function application(): Application
{
    $application = new Application();
    $application->setAutoExit(false);
    $application->addCommand(new Report());
    return $application;
}

function work(Application $application, OutputInterface $output, int $number): void
{
    $application->run(new ArrayInput(['command' => 'report', 'number' => (string) $number]), $output);
}
