import test, { type ExecutionContext } from 'ava';
import { integration, parseReport, type Workplace } from '../integration/harness.js';
import { findingOf, judgeCase } from '../integration/judge-case.js';
import { readCases } from '../integration/truth.js';
import { phpBuilds } from './builds.js';
import { Matrix } from './matrix.js';

// Every program of test/cases under every PHP from 7.4 to 8.5: what cases.test.ts asserts of one, here of each.

const matrix = new Matrix();

for (const { minor, cli } of phpBuilds()) {
  for (const subject of readCases()) {
    const { name } = subject;
    if (subject.truth.extension !== undefined) {
      matrix.set(name, minor, { skipped: 'needs a C extension, and this package has no headers to build one' });
      continue;
    }
    integration(`PHP ${minor}, ${name}: ${findingOf(subject)}`, async (t, place) => {
      matrix.set(name, minor, 'failed');
      const { report, exitCode } = await judgeCase(t, place, subject, cli);
      t.true(report.php.startsWith(`${minor}.`), report.php);
      await checkLog(t, place, report, exitCode);
      matrix.set(name, minor, 'passed');
    });
  }
}

test.after.always('the table', (t) => {
  process.stderr.write(`\n${matrix.render()}`);
  t.pass();
});

/** `analyze` gives from the log what the trace gave. */
async function checkLog(
  t: ExecutionContext,
  place: Workplace,
  report: unknown,
  code: number | null,
): Promise<void> {
  const { exitCode, stdout, stderr } = await place.phptrace([
    'analyze',
    place.path('log-1.ndjson'),
    '--format',
    'json',
  ]);
  t.deepEqual<unknown, unknown>(parseReport(stdout, exitCode, stderr), report);
  t.is(exitCode, code);
}
