import type { Command } from 'commander';
import { clean } from '../src/index.js';
import { printResult } from './report-output.js';

export function addCleanCommand(program: Command): void {
  program
    .command('clean')
    .description('remove a log, or all logs that phptrace keeps')
    .argument('[log]', 'log to remove (default: all in the state directory)')
    .addHelpText('after', '\nExample:\n  sudo phptrace clean')
    .action(async (log: string | undefined) => {
      const removed = await clean(log);
      const lines = removed.map((file) => `removed ${file}\n`);
      await printResult(lines.length > 0 ? lines.join('') : 'no logs to remove\n');
    });
}
