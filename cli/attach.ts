import type { Command } from 'commander';
import { attach } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { addTraceFlags } from './flags.js';
import type { TraceFlags } from './flags.js';
import { parsePid } from './quantities.js';
import { traceAndReport } from './tracing.js';

interface AttachFlags extends TraceFlags {
  readonly children?: boolean;
}

export function addAttachCommand(program: Command, setExitCode: SetExitCode): void {
  addTraceFlags(program.command('attach'))
    .description('trace PHP processes that already run')
    .argument(
      '<pid...>',
      'process to trace; several are traced at once, with a report of each and a merged one',
      parsePids,
    )
    .option('--children', 'trace the workers of a master in its place, also those that are forked later')
    .addHelpText(
      'after',
      "\nExamples:\n  sudo phptrace attach 4242 --loop 'App\\Worker::handle'" +
        '\n  sudo phptrace attach 4242 4243 4244 --loop handle' +
        '\n  sudo phptrace attach $(cat /run/php/php8.2-fpm.pid) --children --loop request',
    )
    .action(async (pids: readonly number[], flags: AttachFlags) => {
      const children = flags.children === true;
      const [pid = 0, ...others] = pids;
      const code = await traceAndReport(flags, { progressLine: true }, (options) =>
        others.length > 0 || children ? attach(pids, { ...options, children }) : attach(pid, options),
      );
      setExitCode(code);
    });
}

function parsePids(text: string, before: readonly number[] | undefined): number[] {
  return [...(before ?? []), parsePid(text)];
}
