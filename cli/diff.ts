import { Option } from 'commander';
import type { Command } from 'commander';
import { diff, openDump } from '../src/index.js';
import { addDumpFlags } from './dump.js';
import { renderDiff } from './dump-output.js';
import type { DiffFlags } from './dump-output.js';
import { checkOutput, writeResult } from './report-output.js';

export function addDiffCommand(program: Command): void {
  addDumpFlags(program.command('diff'))
    .description('tell what grew from one saved copy of a process to another')
    .argument('<before>', 'earlier copy, saved by `phptrace dump --out`')
    .argument('<after>', 'later copy')
    .addOption(new Option('--format <format>', 'form of the report').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExit codes: 0 done, 2 failed.\n\nExample:\n  phptrace diff before.dump after.dump')
    .action(async (before: string, after: string, flags: DiffFlags) => {
      checkOutput(flags.output);
      // One after the other: two copies, and all that is worked out of them, would take twice the memory.
      const was = (await openDump(before)).totals();
      const is = (await openDump(after)).totals();
      await writeResult(renderDiff(diff(was, is), flags), flags.output);
    });
}
