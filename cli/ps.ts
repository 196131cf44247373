import { Option } from 'commander';
import type { Command } from 'commander';
import { listProcesses, renderProcessList } from '../src/index.js';
import { parseDuration } from './quantities.js';
import { printResult, terminalHasColors } from './report-output.js';
import { openTalk } from './talk.js';

interface PsFlags {
  readonly format: 'text' | 'json';
  /** Seconds. */
  readonly interval?: number;
  readonly verbose?: boolean;
}

export function addPsCommand(program: Command): void {
  program
    .command('ps')
    .description('list the PHP processes, with their heaps and how fast these grow')
    .option(
      '--interval <time>',
      'how long to watch them grow: 10s, 500ms; a number alone is seconds (default: 3s)',
      parseDuration,
    )
    .addOption(new Option('--format <format>', 'form of the list').choices(['text', 'json']).default('text'))
    .option('-v, --verbose', 'tell on stderr what happens, and details of errors')
    .addHelpText(
      'after',
      '\nINNER is the pid inside a container, HEAP what live blocks take of the PHP heap, GROWTH/MIN how fast that grew ' +
        'a minute,\nfrom the lowest moments at the beginning of the interval to those at its end. No process is stopped.' +
        '\nWithout root it shows your own processes.' +
        '\n\nExit codes: 0 done, 2 failed.\n\nExamples:\n  sudo phptrace ps\n  sudo phptrace ps --interval 30s --format json',
    )
    .action(async ({ format, interval, verbose }: PsFlags) => {
      const { observer } = openTalk({ verbose: verbose === true, progressLine: false });
      const list = await listProcesses({ ...(interval !== undefined && { intervalSeconds: interval }), observer });
      await printResult(
        format === 'json'
          ? `${JSON.stringify(list, null, 2)}\n`
          : renderProcessList(list, { color: terminalHasColors() }),
      );
    });
}
