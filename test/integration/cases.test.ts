import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { integration, php, root, until, type JsonRun, type Workplace } from './harness.js';
import { alignment, loopRecords, measuredCalls, readMeasurement } from './measurement.js';
import { suspects, type SiteJson } from './report-json.js';
import { readCases, type Case, type SiteTruth } from './truth.js';

// Each program of test/cases says of itself what is true of it; here phptrace has to find just that.

const extensionDirectory = join(root, 'build/test-extension');

test.before('the test extension builds', (t) => {
  if (process.getuid?.() === 0) execFileSync(join(root, 'test/extension/build.sh'), [extensionDirectory]);
  t.pass();
});

for (const subject of readCases()) {
  const { name, truth } = subject;
  const finding = truth.verdict === 'leak' ? 'its leaking lines are named, and no others' : 'nothing is accused';
  integration(`${name}: ${finding}`, (t, place) => judge(t, place, subject));
}

async function judge(t: ExecutionContext, place: Workplace, subject: Case): Promise<void> {
  const { truth } = subject;
  const measurement = place.path('measured');
  const traced = await trace(place, subject, measurement);
  const { report, exitCode } = traced;
  const detail = () => JSON.stringify({ ...report, stderr: traced.stderr }, null, 1);

  t.is(report.verdict, truth.verdict, detail());
  t.is(exitCode, truth.exit);
  t.deepEqual(
    report.hooks.map((hook) => hook.loop),
    [truth.loop],
  );
  const judgedLoops = loopRecords(traced.records).length - report.loops.warmup;
  t.true(judgedLoops >= truth.loops, detail());
  for (const site of truth.sites) checkSite(t, site, report.sites, judgedLoops);
  const guilty = truth.sites.filter((site) => site.verdicts.includes('leak')).map(whereabouts);
  t.deepEqual(suspects(report).map(whereabouts).sort(), guilty.sort(), detail());
  if (truth.silent) t.deepEqual(report.sites, []);
  checkBooks(t, traced, subject, readMeasurement(measurement));
}

async function trace(place: Workplace, { file, truth }: Case, measurement: string): Promise<JsonRun> {
  const extension =
    truth.extension === undefined ? [] : ['-d', `extension=${extensionDirectory}/${truth.extension}.so`];
  const args = ['--loop', truth.loop, '--loops', String(truth.loops), '--duration', '18s'];
  const options = { env: { PHPTRACE_TRUTH: measurement } };
  if (truth.how === 'run') return place.runJson([php, ...extension, file], args, options);
  const program = place.start(php, [...extension, file], options);
  await until(() => measuredCalls(measurement) > 20 || program.ended !== undefined, `20 calls of ${file}`);
  return place.attachJson(program.pid, args);
}

function whereabouts(site: {
  readonly file: string | null;
  readonly line: number;
  readonly function: string | null;
}): string {
  return `${site.file}:${site.line} ${site.function}`;
}

function checkSite(t: ExecutionContext, truth: SiteTruth, sites: readonly SiteJson[], loops: number): void {
  const found = sites.filter((site) => whereabouts(site) === whereabouts(truth));
  t.is(found.length, 1, `${whereabouts(truth)} among ${sites.map(whereabouts).join(', ')}`);
  const [site] = found;
  if (site === undefined) return;
  t.true(truth.verdicts.includes(site.verdict), `${site.verdict}: ${JSON.stringify(site)}`);
  t.is(site.outside, truth.outside ?? false);
  if (truth.bytesPerLoop !== undefined) t.is(site.bytesPerLoop, truth.bytesPerLoop, JSON.stringify(site));
  if (site.verdict === 'leak') t.true(Math.abs(site.bytesPerLoop * loops - site.bytes) < loops, JSON.stringify(site));
  if (truth.app !== undefined) t.like(site.app, truth.app);
  if (truth.stack !== undefined)
    t.deepEqual(
      site.stack.map((frame) => frame.function),
      truth.stack,
    );
}

/** The bytes of all leaking lines together are the growth that the program measured itself, to the byte. */
function checkBooks(t: ExecutionContext, traced: JsonRun, { truth }: Case, measured: readonly number[]): void {
  const { report, records } = traced;
  t.is(report.accounting.droppedEvents, 0);
  t.true(report.accounting.accounted >= 0.99, JSON.stringify(report.accounting));

  const loops = loopRecords(records);
  const first = alignment(loops, measured);
  t.not(first, -1, 'the heap sizes at the boundaries are those that the program measured');
  if (truth.how === 'run') t.is(first, 1, 'the first call is not recorded, the second is');

  const { warmup } = report.loops;
  const growth = (measured[first + loops.length] ?? NaN) - (measured[first + warmup] ?? NaN);
  const charged = report.sites.filter((site) => site.verdict === 'leak').reduce((sum, site) => sum + site.bytes, 0);
  if (truth.verdict === 'clean') return;
  const end = records.find((record) => record.type === 'end');
  // Where a table that is older than the trace is replaced by a larger one, the larger one is charged as a whole.
  const older = end?.counters.unknownFreedBytes ?? NaN;
  const explicable = growth - truth.allocatorsOwn * (loops.length - warmup);
  t.true(
    charged >= explicable && charged <= explicable + older,
    `${charged} charged, ${explicable} grown, ${older} older`,
  );
}
