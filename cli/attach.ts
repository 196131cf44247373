import type { Command } from 'commander';
import { PhptraceError, SeveralThreads, attach } from '../src/index.js';
import type { GroupReport, Report, TraceOptions } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { addTraceFlags } from './flags.js';
import type { TraceFlags } from './flags.js';
import { parsePid, parseThread } from './quantities.js';
import { traceAndReport } from './tracing.js';

interface AttachFlags extends TraceFlags {
  readonly children?: boolean;
  readonly thread?: number;
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
    .option('--thread <tid>', 'trace this thread only, of a process that runs PHP in several', parseThread)
    .addHelpText(
      'after',
      "\nExamples:\n  sudo phptrace attach 4242 --loop 'App\\Worker::handle'" +
        '\n  sudo phptrace attach 4242 4243 4244 --loop handle' +
        '\n  sudo phptrace attach $(cat /run/php/php8.2-fpm.pid) --children --loop request',
    )
    .action(async (pids: readonly number[], flags: AttachFlags) => {
      const children = flags.children === true;
      const { thread } = flags;
      const [pid = 0, ...others] = pids;
      const isGroup = others.length > 0 || children;
      if (isGroup && thread !== undefined) {
        throw new PhptraceError('--thread is of one process: give one pid, and leave --children out');
      }
      const code = await traceAndReport(flags, { progressLine: true }, (options) => {
        if (isGroup) return attach(pids, { ...options, children });
        return thread === undefined ? attachThreads(pid, options) : attach(pid, { ...options, thread });
      });
      setExitCode(code);
    });
}

/** Whether there are several threads to trace shows only when the process is looked at. */
async function attachThreads(pid: number, options: TraceOptions): Promise<Report | GroupReport> {
  try {
    return await attach(pid, options);
  } catch (error) {
    if (!(error instanceof SeveralThreads)) throw error;
    return attach([pid], options);
  }
}

function parsePids(text: string, before: readonly number[] | undefined): number[] {
  return [...(before ?? []), parsePid(text)];
}
