import test, { type ExecutionContext } from 'ava';
import { integration, parseReport, until, type Workplace } from '../integration/harness.js';
import { findingOf, judgeCase } from '../integration/judge-case.js';
import { isSince, readCases } from '../integration/truth.js';
import { phpBuilds } from './builds.js';
import { checkDiagnosis } from './commands.js';
import { startPool } from './fpm.js';
import { Matrix } from './matrix.js';

// Every program of test/cases under every PHP from 7.4 to 8.5: what cases.test.ts asserts of one, here of each.

const DOCTOR = '_doctor_';
const REQUESTS = '_FPM, `--loop request`_';

const builds = phpBuilds();
const matrix = new Matrix(
  builds.map(({ minor }) => minor),
  'versions-table',
);

for (const { minor, cli, fpm } of builds) {
  integration(`PHP ${minor}: doctor proves the layout of a running program`, async (t, place) => {
    matrix.set(DOCTOR, minor, 'failed');
    const [php = '', ...given] = cli;
    const program = place.start(php, [...given, '-r', 'echo "ready"; sleep(20);']);
    await until(() => program.stdout === 'ready' || program.ended !== undefined, 'ready');
    await checkDiagnosis(t, place, program.pid, minor, 'cli');
    matrix.set(DOCTOR, minor, 'passed');
  });

  integration(`PHP ${minor}: the requests of an FPM worker are loops that leave nothing`, async (t, place) => {
    matrix.set(REQUESTS, minor, 'failed');
    const pool = await startPool(place, fpm);
    await checkDiagnosis(t, place, pool.worker, minor, 'fpm-fcgi');
    const tracing = place.attachJson(pool.worker, ['--loop', 'request', '--loops', '10', '--duration', '15s']);
    let over = false;
    void tracing.finally(() => (over = true)).catch(() => {});
    while (!over) await pool.request();
    const { report, exitCode } = await tracing;
    t.is(report.verdict, 'clean', JSON.stringify(report));
    t.is(exitCode, 0);
    t.is(report.sapi, 'fpm-fcgi');
    t.is(report.hooks.length, 1);
    t.like(report.hooks[0], { loop: 'request', boundary: 'request', verdict: report.verdict });
    t.true(report.loops.settled >= 10, JSON.stringify(report.loops));
    t.is(report.accounting.droppedEvents, 0);
    matrix.set(REQUESTS, minor, 'passed');
  });

  for (const subject of readCases()) {
    const { name } = subject;
    if (subject.truth.extension !== undefined) {
      matrix.set(name, minor, { skipped: 'needs a C extension, and this package has no headers to build one' });
      continue;
    }
    const { since, needs } = subject.truth;
    if (needs.length > 0) {
      matrix.set(name, minor, { skipped: `needs ${needs.join(', ')}, which these packages do not have built in` });
      continue;
    }
    if (!isSince(since, minor)) {
      matrix.set(name, minor, { skipped: `needs PHP ${since}` });
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
  const document = process.env['PHPTRACE_VERSIONS_TABLE'];
  if (document === undefined) process.stderr.write(`\n${matrix.render()}`);
  else matrix.writeInto(document);
  t.pass();
});

/** `analyze` gives from the log what the trace gave. */
async function checkLog(t: ExecutionContext, place: Workplace, report: unknown, code: number | null): Promise<void> {
  const { exitCode, stdout, stderr } = await place.phptrace([
    'analyze',
    place.path('log-1.ndjson'),
    '--format',
    'json',
  ]);
  t.deepEqual<unknown, unknown>(parseReport(stdout, exitCode, stderr), report);
  t.is(exitCode, code);
}
