import type { ExecutionContext } from 'ava';
import test from 'ava';
import { integration, php, root, until, type JsonRun, type Workplace } from '../integration/harness.js';
import { alignment, loopRecords, measuredCalls, readMeasurement } from '../integration/measurement.js';
import { isGuilty, suspects, type ReportJson, type SiteJson } from '../integration/report-json.js';
import { readPrograms, type DeclaredLeak, type FrameworkProgram, type Place } from './programs.js';
import { FrameworkTable } from './table.js';
import { callsASecond } from './pace.js';

// Loops of frameworks as people write them: one that keeps nothing must be clean, one that leaks must be found, with
// its lines, its holder and its bytes, and nothing else. Each is traced by the name of its loop, and without one.

const programs = readPrograms();
const table = new FrameworkTable(programs.length);

/** Caches of frameworks fill in their first requests. */
const CALLS_BEFORE = 30;
const LOOPS = 40;

for (const program of programs) {
  const { name, leak } = program;
  integration(
    `${name}: ${leak === undefined ? 'nothing is accused' : 'the leak is found, and nothing else'}`,
    async (t, place) => {
      const { file, measurement, running } = await started(place, program, 'named');
      const untraced = leak === undefined ? await callsASecond(measurement) : undefined;
      const begun = performance.now();
      const traced = await place.attachJson(running.pid, ['--loop', program.loop, '--loops', String(LOOPS)]);
      const seconds = (performance.now() - begun) / 1000;
      const truth = bytesALoop(traced, readMeasurement(measurement));
      table.add(name, {
        leak: leak !== undefined,
        traced,
        untraced,
        seconds,
        truth,
      });
      if (leak === undefined) checkInnocent(t, traced);
      else checkLeak(t, traced, leak, truth);
      t.is(traced.report.accounting.droppedEvents, 0, file);
    },
    { seconds: 120 },
  );

  integration(
    `${name}: without --loop the same is found`,
    async (t, place) => {
      const { running } = await started(place, program, 'chosen');
      const traced = await place.attachJson(running.pid, ['--loops', String(LOOPS)]);
      table.chosen(name, traced.report);
      t.is(traced.exitCode, leak === undefined ? 0 : 1, JSON.stringify(traced.report, null, 1));
      if (leak !== undefined) checkHolders(t, traced.report, leak);
    },
    { seconds: 120 },
  );
}

test.after.always('the table', (t) => {
  table.finish(process.env['PHPTRACE_FRAMEWORKS_TABLE']);
  t.pass();
});

async function started(place: Workplace, { file }: FrameworkProgram, as: string) {
  const measurement = place.path(`measured-${as}`);
  const running = place.start(php, [file], { env: { PHPTRACE_TRUTH: measurement, PHPTRACE_SECONDS: '60' } });
  const hasBegun = (): boolean => measuredCalls(measurement) > CALLS_BEFORE || running.ended !== undefined;
  await until(hasBegun, `${CALLS_BEFORE} calls of ${file}`, 40);
  if (running.ended !== undefined) throw new Error(`${file} ended: ${running.stdout}${running.stderr}`);
  return { file, measurement, running };
}

function checkInnocent(t: ExecutionContext, { report, exitCode }: JsonRun): void {
  const detail = JSON.stringify(report, null, 1);
  t.is(report.verdict, 'clean', detail);
  t.is(exitCode, 0);
  t.deepEqual(suspects(report), [], detail);
}

function checkLeak(t: ExecutionContext, traced: JsonRun, leak: DeclaredLeak, measured: number): void {
  const { report, exitCode } = traced;
  const detail = JSON.stringify(report, null, 1);
  t.is(report.verdict, 'leak', detail);
  t.is(exitCode, 1);
  const named = report.sites.find((site) => isGuilty(site) && leak.lines.some((line) => isAt(site, line)));
  t.true(named !== undefined && isAt(named.app, leak.app), `${JSON.stringify(leak)} in ${detail}`);
  checkHolders(t, report, leak);
  const charged = report.sites
    .filter((site) => isGuilty(site) && site.fills === undefined)
    .reduce((sum, site) => sum + site.bytesPerLoop, 0);
  // What elements come to in the long run takes no memory between two doublings.
  const truth = measured - doubled(traced);
  t.true(Math.abs(charged - truth) <= truth / 10, `${charged} bytes a loop charged, ${truth} measured: ${detail}`);
}

/** Bytes a loop by which tables that hold what is kept have doubled, once or twice: they are no leak of their own. */
function doubled({ report, records }: JsonRun): number {
  const tables = report.sites.filter((site) => !isGuilty(site) && Number(site.evidence['grewInLoops']) <= 2);
  const filled = report.sites.filter(({ fills }) => fills !== undefined);
  const room = filled.reduce(
    (sum, site) => sum + Math.max(cameTo(site, records, report.loops.warmup), roomOfDoubling(site, report)),
    0,
  );
  return tables.reduce((sum, site) => sum + site.bytesPerLoop, room / report.loops.settled);
}

/** What a table took that has doubled in the judged loops: one that each loop makes anew is no more than it was, by its blocks. */
function roomOfDoubling({ fills, bytesPerLoop }: SiteJson, { loops }: ReportJson): number {
  if (fills === undefined) return 0;
  const { elements, capacity, elementsPerLoop } = fills;
  const hasDoubled = elements >= capacity / 2 && elements - elementsPerLoop * loops.settled < capacity / 2;
  return hasDoubled ? ((capacity / 2) * bytesPerLoop) / elementsPerLoop : 0;
}

/** Bytes that a line has come to keep in the judged loops. */
function cameTo({ file, line }: SiteJson, records: JsonRun['records'], warmup: number): number {
  const sites = records.flatMap((record) =>
    record.type === 'site' && isAt(record, { file: file ?? '', line }) ? [record.site] : [],
  );
  const judged = loopRecords(records).filter(({ loop }) => loop > warmup);
  const born = judged.flatMap(({ residue }) => residue.filter(({ site }) => sites.includes(site)));
  const freed = judged.flatMap(({ lateFrees }) => lateFrees.filter(({ birthSite }) => sites.includes(birthSite)));
  return [...born, ...freed.map(({ bytes }) => ({ bytes: -bytes }))].reduce((sum, { bytes }) => sum + bytes, 0);
}

/** All that is said to be kept is what the program keeps, and is traced to a line of its own. */
function checkHolders(t: ExecutionContext, report: ReportJson, leak: DeclaredLeak): void {
  for (const site of suspects(report)) {
    const path = site.path ?? '';
    t.true(
      leak.holders.some((holder) => path.includes(holder)),
      JSON.stringify(site, null, 1),
    );
    t.true(site.app.file?.startsWith(`${root}/test/frameworks/`), JSON.stringify(site, null, 1));
  }
}

function isAt(frame: Pick<SiteJson, 'file' | 'line'>, { file, line }: Place): boolean {
  return frame.file === file && frame.line === line;
}

/**
 * What the program measured itself over the judged loops: between the calls at which it measured the heap sizes that
 * phptrace read at their boundaries. Where loops are entered in a fiber of their own, what starts that lies between: then
 * it is the nearest size.
 */
function bytesALoop({ report, records }: JsonRun, measured: readonly number[]): number {
  const loops = loopRecords(records);
  const { warmup } = report.loops;
  const aligned = alignment(loops, measured);
  const from = aligned === -1 ? nearest(measured, loops[warmup]?.heapBefore) : aligned + warmup;
  const to = aligned === -1 ? nearest(measured, loops.at(-1)?.heapAfter) : aligned + loops.length;
  return ((measured[to] ?? NaN) - (measured[from] ?? NaN)) / (to - from);
}

function nearest(sizes: readonly number[], wanted = NaN): number {
  const distance = (index: number): number => Math.abs((sizes[index] ?? NaN) - wanted);
  return sizes.reduce((best, _, index) => (distance(index) < distance(best) ? index : best), 0);
}
