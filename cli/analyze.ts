import type { Command } from 'commander';
import { analyze } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { addReportFlags } from './flags.js';
import type { ReportFlags } from './flags.js';
import { checkOutput, writeReport } from './report-output.js';
import { openTalk } from './talk.js';

export function addAnalyzeCommand(program: Command, setExitCode: SetExitCode): void {
  addReportFlags(program.command('analyze'))
    .description('report on a log, without privileges and without PHP')
    .argument('[log]', 'log to read (default: the newest one)')
    .addHelpText('after', '\nExample:\n  phptrace analyze --format json trace.ndjson')
    .action(async (log: string | undefined, flags: ReportFlags) => {
      checkOutput(flags.output);
      const talk = openTalk({ ...flags, progressLine: false });
      setExitCode(await writeReport(await analyze(log), flags, talk));
    });
}
