import type { Command } from 'commander';
import { run } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { addTraceFlags } from './flags.js';
import type { TraceFlags } from './flags.js';
import { traceAndReport } from './tracing.js';

export function addRunCommand(program: Command, setExitCode: SetExitCode): void {
  addTraceFlags(program.command('run'))
    .description('start a PHP program and trace it from its first instruction')
    .argument('<command...>', 'program and its arguments, after --')
    // What follows the program's name is the program's, also without `--`.
    .passThroughOptions()
    .addHelpText(
      'after',
      "\nWith --format json and no --output the program's stdout goes to stderr, for stdout is the report." +
        "\nThe exit code is the report's, not the program's." +
        '\n\nExample:\n  sudo phptrace run --loop handle -- php worker.php',
    )
    .action(async (argv: readonly string[], flags: TraceFlags) => {
      const reportOwnsStdout = flags.format === 'json' && flags.output === undefined;
      const programStdout = reportOwnsStdout ? 'stderr' : 'inherit';
      // No progress line: the program writes to the same terminal.
      const code = await traceAndReport(flags, { progressLine: false }, (options) =>
        run(argv, { ...options, programStdout }),
      );
      setExitCode(code);
    });
}
