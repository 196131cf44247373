import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildExtension } from '../integration/extension.js';
import { php } from '../integration/workplace.js';
import { readCases } from '../integration/truth.js';
import { Runner } from './runner.js';
import { isAsWanted, totals } from './totals.js';
import { renderTable } from './table.js';

const HELP = `npm run corpus -- [options]: traces every program of test/cases and compares the report with what the program
declares to be true (test/cases/README.md). Exit code 1 where a line is missed or accused without reason, a verdict is
wrong, bytes are off by more than 10 %, or fewer than 95 % of the holders are right.

  --programs DIR   other programs that declare their truth likewise
  --php PATH       another php; programs that need the test extension are left out
  --match WORD     only programs with this in their name
  --jobs N         so many at once (default: 2, on one processor 1)
`;

const { values: options } = parseArgs({
  options: {
    programs: { type: 'string' },
    php: { type: 'string' },
    match: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) return refuse('tracing needs root: run it with sudo');
  const cases = readCases(options.programs && resolve(options.programs)).filter(({ name }) =>
    name.includes(options.match),
  );
  if (cases.length === 0) return refuse(`no program is called *${options.match}*`);
  const jobs = Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) return refuse('--jobs takes a whole number, 1 or more');
  if (options.php === undefined) buildExtension();
  const runner = new Runner(options.php ?? php, options.php === undefined);
  const outcomes = await runner.runAll(cases, jobs);
  const sum = totals(outcomes);
  process.stdout.write(renderTable(outcomes, sum));
  return isAsWanted(sum) ? 0 : 1;
}

function refuse(why: string): number {
  process.stderr.write(`corpus: ${why}\n`);
  return 2;
}
