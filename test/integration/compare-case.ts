import { alignment, loopRecords } from './measurement.js';
import { isGuilty, type ReportJson, type SiteJson } from './report-json.js';
import { isRight, valueFor, type Case, type SiteTruth } from './truth.js';
import type { JsonRun } from './workplace.js';

/** How a report stands to what its program declares. */
export interface Comparison {
  readonly verdict: ReportJson['verdict'];
  /** Lines that were to be accused, and were. */
  readonly hits: number;
  /** Lines that were to be accused and were not, and lines that were accused and should not: as `file:line function`. */
  readonly misses: readonly string[];
  readonly falseAlarms: readonly string[];
  /** By how much the charged bytes differ from the growth that the program measured, as a share of it; 0 where nothing leaks. */
  readonly byteError: number;
  /** Accused lines by rights whose holder was declared, and for how many of them it was named. */
  readonly holders: { readonly right: number; readonly all: number };
  /** All that is not as declared, in sentences; empty where the report is right in everything. */
  readonly problems: readonly string[];
}

/** Compares a trace of a case with its truth. `measured` is what the program wrote down of its heap, call by call. */
export function compareCase({ truth }: Case, traced: JsonRun, measured: readonly number[]): Comparison {
  const { report } = traced;
  const guilty = truth.sites.filter(isGuiltyInTruth);
  const accused = report.sites.filter(isGuilty);
  const hits = guilty.filter((site) => accused.some((found) => isSame(found, site)));
  const falseAlarms = accused.filter((found) => !guilty.some((site) => isSame(found, site)));
  const books = compareBooks(truth, traced, measured);
  const sites = truth.sites.map((site) => compareSite(site, report, judgedLoops(traced)));
  const holders = hits.filter(({ holder }) => holder !== undefined);
  const doubted = truth.sites.filter(({ verdicts }) => verdicts.includes('pending'));
  const undecided = report.sites.filter(({ verdict }) => verdict === 'pending');
  return {
    verdict: report.verdict,
    hits: hits.length,
    misses: guilty.filter((site) => !hits.includes(site)).map(whereabouts),
    falseAlarms: falseAlarms.map(whereabouts),
    byteError: books.byteError,
    holders: { right: holders.filter((site) => isHeldAsDeclared(site, report)).length, all: holders.length },
    problems: [
      ...compareWhole(truth, traced),
      ...falseAlarms.map((site) => `accused without reason: ${told(site)}`),
      ...report.arrays.map((array) => `an array without a line: ${JSON.stringify(array)}`),
      ...undecided
        .filter((found) => !doubted.some((site) => isSame(found, site)))
        .map((site) => `not decided without reason: ${told(site)}`),
      ...sites.flat(),
      ...books.problems,
    ],
  };
}

function isGuiltyInTruth({ verdicts }: SiteTruth): boolean {
  return verdicts.includes('leak') || verdicts.includes('orphan');
}

function compareWhole(truth: Case['truth'], traced: JsonRun): string[] {
  const { report, exitCode } = traced;
  const loop = report.hooks.map((hook) => hook.loop).join(', ');
  const judged = judgedLoops(traced);
  return [
    ...different('the verdict', report.verdict, truth.verdict),
    ...different('the exit code', exitCode, truth.exit),
    ...different('the loop', loop, truth.loop),
    ...(truth.loops !== 'auto' && judged < truth.loops ? [`${judged} loops were judged, not ${truth.loops}`] : []),
    ...(truth.silent && report.sites.length > 0 ? [`it must be silent: ${report.sites.map(told).join('; ')}`] : []),
    ...truth.says
      .filter((words) => !report.notes.some((note) => note.includes(words)))
      .map((words) => `no note says "${words}": ${report.notes.join('; ')}`),
  ];
}

function compareSite(truth: SiteTruth, report: ReportJson, loops: number): string[] {
  const found = report.sites.filter((site) => isSame(site, truth));
  const [site] = found;
  const here = whereabouts(truth);
  // A line that both keeps memory and makes garbage is there once for each.
  const isTwice = new Set(found.map(({ verdict }) => verdict)).size < found.length;
  if (site === undefined || isTwice) return [`${here} is there ${found.length} times, not once`];
  const expected = valueFor(truth.bytesPerLoop, report.php);
  const fills = valueFor(truth.fills, report.php);
  const isBookedWrong = !site.fills && isGuilty(site) && Math.abs(site.bytesPerLoop * loops - site.bytes) >= loops;
  return [
    ...(truth.verdicts.includes(site.verdict) ? [] : [`${told(site)} should be ${truth.verdicts.join(' or ')}`]),
    ...(expected === undefined ? [] : different(`${here}: bytes a loop`, site.bytesPerLoop, expected)),
    ...((fills !== undefined) === (site.fills !== undefined)
      ? []
      : [`${here}: ${JSON.stringify(site.fills)} are filled`]),
    ...(fills !== undefined && Math.abs(site.bytesPerLoop - fills) > 0.02 * fills
      ? [`${here}: ${site.bytesPerLoop} bytes a loop are filled, not ${fills}`]
      : []),
    ...(isBookedWrong ? [`${here}: ${site.bytesPerLoop} bytes a loop are not ${site.bytes} bytes`] : []),
    ...(truth.types === undefined ? [] : different(`${here}: types`, site.types.join(', '), truth.types.join(', '))),
    ...(truth.app === undefined ? [] : different(`${here}: app`, whereabouts(site.app), whereabouts(truth.app))),
    ...(truth.stack === undefined
      ? []
      : different(`${here}: stack`, site.stack.map((frame) => frame.function).join(' < '), truth.stack.join(' < '))),
    ...(isGuiltyInTruth(truth) && isGuilty(site) && !isHeldAsDeclared(truth, report)
      ? [`${here} is held by ${site.path}, not by ${JSON.stringify(truth.path ?? truth.holder)}`]
      : []),
  ];
}

function isHeldAsDeclared(truth: SiteTruth, report: ReportJson): boolean {
  const site = report.sites.find((found) => isSame(found, truth));
  if (site === undefined) return false;
  const { holder, path } = truth;
  return isRight(holder, site.holder, report.php) && isRight(path, site.path, report.php);
}

/**
 * The bytes of all accused lines together are the growth that the program measured itself. Where a table that is older
 * than the trace is replaced by a larger one, the larger one is charged as a whole.
 */
function compareBooks(truth: Case['truth'], traced: JsonRun, measured: readonly number[]) {
  const { report, records } = traced;
  const { droppedEvents, accounted } = report.accounting;
  const problems = [
    ...different('lost events', droppedEvents, 0),
    ...(accounted >= 0.99 ? [] : [`of the heap's growth ${accounted} is accounted for`]),
  ];
  const loops = loopRecords(records);
  const first = alignment(loops, measured);
  if (first === -1) return { byteError: NaN, problems: [...problems, "the boundaries are not the program's calls"] };
  if (truth.how === 'run' && first !== 1) problems.push(`the first recorded call is call ${first}, not call 1`);
  if (truth.verdict !== 'leak') return { byteError: 0, problems };

  const { warmup } = report.loops;
  const growth = (measured[first + loops.length] ?? NaN) - (measured[first + warmup] ?? NaN);
  const explicable = growth - truth.allocatorsOwn * (loops.length - warmup);
  // Garbage is in the heap's growth too, until the collector runs.
  const grown = report.sites.filter((site) => isGuilty(site) || site.verdict === 'cycle');
  const charged = grown.reduce((sum, site) => sum + site.bytes, 0);
  const older = records.find((record) => record.type === 'end')?.counters.unknownFreedBytes ?? NaN;
  // A table that was made larger in warm-up is among what its line has taken.
  const room = grown.filter(({ fills }) => fills !== undefined).reduce((sum, site) => sum + site.bytes, 0);
  const tooMuch = charged - explicable - older - room - truth.underWay;
  const missing = Math.max(explicable - truth.underWay - charged, tooMuch, 0);
  if (missing !== 0) problems.push(`${charged} charged, ${explicable} grown, ${older} older`);
  return { byteError: missing === 0 ? 0 : missing / explicable, problems };
}

function judgedLoops({ report, records }: JsonRun): number {
  return loopRecords(records).length - report.loops.warmup;
}

function isSame(site: SiteJson, truth: SiteTruth): boolean {
  return whereabouts(site) === whereabouts(truth) && site.outside === (truth.outside ?? false);
}

function whereabouts({ file, line, function: name }: Pick<SiteJson, 'file' | 'line' | 'function'>): string {
  return `${file}:${line} ${name}`;
}

function told(site: SiteJson): string {
  return `${whereabouts(site)} (${site.verdict}, ${site.blocks} blocks, ${JSON.stringify(site.evidence)})`;
}

function different<Value>(what: string, got: Value, expected: Value): string[] {
  return got === expected ? [] : [`${what} is ${String(got)}, not ${String(expected)}`];
}
