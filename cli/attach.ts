import type { Command } from 'commander';
import { attach } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { addTraceFlags } from './flags.js';
import type { TraceFlags } from './flags.js';
import { parsePid } from './quantities.js';
import { traceAndReport } from './tracing.js';

export function addAttachCommand(program: Command, setExitCode: SetExitCode): void {
  addTraceFlags(program.command('attach'))
    .description('trace a PHP process that already runs')
    .argument('<pid>', 'process to trace', parsePid)
    .addHelpText('after', "\nExample:\n  sudo phptrace attach 4242 --loop 'App\\Worker::handle'")
    .action(async (pid: number, flags: TraceFlags) => {
      setExitCode(await traceAndReport(flags, { progressLine: true }, (options) => attach(pid, options)));
    });
}
