import type { ExecutionContext } from 'ava';
import { until, type JsonRun, type Workplace } from './harness.js';
import { alignment, loopRecords, measuredCalls, readMeasurement } from './measurement.js';
import { isGuilty, suspects, type ReportJson } from './report-json.js';
import { valueFor, type Case, type SiteTruth } from './truth.js';

/**
 * Traces a case under a php, given as a command and its first arguments, and asserts that the report says just what the
 * case declares. Returns the trace.
 */
export async function judgeCase(
  t: ExecutionContext,
  place: Workplace,
  subject: Case,
  command: readonly string[],
): Promise<JsonRun> {
  const { truth } = subject;
  const measurement = place.path('measured');
  const traced = await trace(place, subject, measurement, command);
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
  for (const site of truth.sites) checkSite(t, site, report, judgedLoops);
  const guilty = truth.sites.filter(isSuspected).map(whereabouts);
  t.deepEqual(suspects(report).map(whereabouts).sort(), guilty.sort(), detail());
  if (truth.silent) t.deepEqual(report.sites, []);
  checkBooks(t, traced, subject, readMeasurement(measurement));
  return traced;
}

const FINDINGS = {
  leak: 'its leaking lines are named, and no others',
  clean: 'nothing is accused',
  unknown: 'it cannot be told, and that is said',
} as const;

/** What phptrace has to find, for a test's title. */
export function findingOf({ truth }: Case): string {
  return FINDINGS[truth.verdict];
}

async function trace(
  place: Workplace,
  { file, truth }: Case,
  measurement: string,
  [php = '', ...given]: readonly string[],
): Promise<JsonRun> {
  const args = ['--loop', truth.loop, '--loops', String(truth.loops), '--duration', '18s'];
  const options = { env: { PHPTRACE_TRUTH: measurement } };
  const settings = [...given, ...truth.ini.flatMap((setting) => ['-d', setting])];
  if (truth.how === 'run') return place.runJson([php, ...settings, file], args, options);
  const program = place.start(php, [...settings, file], options);
  await until(() => measuredCalls(measurement) > 20 || program.ended !== undefined, `20 calls of ${file}`);
  return place.attachJson(program.pid, args);
}

function isSuspected({ verdicts }: SiteTruth): boolean {
  return ['leak', 'orphan', 'pending'].some((verdict) => verdicts.includes(verdict));
}

function whereabouts(site: {
  readonly file: string | null;
  readonly line: number;
  readonly function: string | null;
}): string {
  return `${site.file}:${site.line} ${site.function}`;
}

function checkSite(t: ExecutionContext, truth: SiteTruth, { sites, php }: ReportJson, loops: number): void {
  const found = sites.filter(
    (site) => whereabouts(site) === whereabouts(truth) && site.outside === (truth.outside ?? false),
  );
  t.is(found.length, 1, `${whereabouts(truth)} among ${sites.map(whereabouts).join(', ')}`);
  const [site] = found;
  if (site === undefined) return;
  t.true(truth.verdicts.includes(site.verdict), `${site.verdict}: ${JSON.stringify(site)}`);
  const { bytesPerLoop } = truth;
  if (bytesPerLoop !== undefined) {
    const expected = typeof bytesPerLoop === 'number' ? bytesPerLoop : valueFor(bytesPerLoop, php);
    t.is<number | undefined, number | undefined>(site.bytesPerLoop, expected, JSON.stringify(site));
  }
  if (isGuilty(site)) t.true(Math.abs(site.bytesPerLoop * loops - site.bytes) < loops, JSON.stringify(site));
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
  const charged = report.sites.filter(isGuilty).reduce((sum, site) => sum + site.bytes, 0);
  if (truth.verdict !== 'leak') return;
  const end = records.find((record) => record.type === 'end');
  // Where a table that is older than the trace is replaced by a larger one, the larger one is charged as a whole.
  const older = end?.counters.unknownFreedBytes ?? NaN;
  const explicable = growth - truth.allocatorsOwn * (loops.length - warmup);
  t.true(
    charged >= explicable - truth.underWay && charged <= explicable + older + truth.underWay,
    `${charged} charged, ${explicable} grown, ${older} older`,
  );
}
