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
    .argument('[log...]', 'log to read, or logs of several processes to merge (default: the newest one)')
    .addHelpText(
      'after',
      '\nExamples:\n  phptrace analyze --format json trace.ndjson\n  phptrace analyze trace-4242.ndjson trace-4243.ndjson',
    )
    .action(async (logs: readonly string[], flags: ReportFlags) => {
      checkOutput(flags.output);
      const talk = openTalk({ ...flags, progressLine: false });
      setExitCode(await writeReport(logs.length > 1 ? await analyze(logs) : await analyze(logs[0]), flags, talk));
    });
}
