import { PhptraceError } from './errors.js';
import { whatGrew } from './leaks/doubt.js';
import { isGuilty } from './leaks/judged-site.js';
import type { JudgedSite } from './leaks/judged-site.js';
import { judge } from './leaks/judgement.js';
import type { Judgement } from './leaks/judgement.js';
import { lineCount } from './leaks/place-key.js';
import { loopsInCommon, sideBySide } from './leaks/side-by-side.js';
import { readRecords } from './log/reader.js';
import type {
  ArrayInProcess,
  GroupReport,
  MergedReport,
  MergedSite,
  OutsideInProcess,
  Untraced,
} from './report/group-model.js';
import { mergeSites, placeOf } from './report/merge-sites.js';
import type { Together } from './report/merge-sites.js';
import type { Report } from './report/model.js';
import { namedProcess, numberOf, traceeOf } from './report/named-pid.js';
import type { Tracee } from './report/named-pid.js';

/** A process's report, and what was judged for it. */
export interface TracedProcess {
  readonly report: Report;
  readonly judgement: Judgement;
}

/** What is to be said of a group besides what was traced. */
export interface GroupExtras {
  readonly untraced: readonly Untraced[];
  readonly notes: readonly string[];
}

/**
 * Puts the reports of several processes together. Each is judged by its own loops, and lines are summed by place. Lines
 * that no process decides are judged by the loops of all, side by side, as their logs have them.
 */
export function mergeTraces(traced: readonly TracedProcess[], { untraced, notes }: GroupExtras): GroupReport {
  const judged = traced.filter((one) => !isShort(one));
  const short = traced.filter(isShort);
  const side = new SideBySide(judged.filter(({ judgement }) => judgement.doubt !== 'seen').map(({ report }) => report));
  const reports = judged.map(withoutShortLoops);
  const sites = mergeSites(reports, side.together);
  const arrays = reports.flatMap((report) => report.arrays.map((array) => ({ ...traceeOf(report), ...array })));
  return {
    schema: 1,
    processes: traced.map(({ report }) => report),
    merged: {
      ...verdictOf(traced, { sites, arrays }, untraced),
      judged: traceesOf(judged),
      short: traceesOf(short),
      untraced,
      loops: {
        seen: sum(reports.map(({ loops }) => loops.seen)),
        warmup: traced[0]?.report.loops.warmup ?? 0,
        settled: sum(reports.map(({ loops }) => loops.settled)),
      },
      sites,
      arrays,
      outside: reports.flatMap(growthOutside),
      notes: [...notes, ...side.problems],
    },
  };
}

/** The loops of all processes side by side, laid so when they are first asked for. */
class SideBySide {
  readonly problems: string[] = [];
  private places: ReadonlyMap<string, JudgedSite> | undefined;

  constructor(private readonly reports: readonly Report[]) {}

  readonly together: Together = (site) => (this.places ??= this.judgeAll()).get(placeOf(site));

  private judgeAll(): ReadonlyMap<string, JudgedSite> {
    const loops = loopsInCommon(this.reports.map((report) => report.loops.settled));
    const used = this.reports.filter((report) => report.loops.settled >= loops && report.log !== null);
    const [first] = used;
    const isOneLoop = used.every(({ hooks }) => hooks.length === 1 && hooks[0]?.loop === first?.hooks[0]?.loop);
    if (loops === 0 || used.length < 2 || !first || !isOneLoop) return new Map();
    try {
      const history = sideBySide(
        used.map(({ log }) => records(log ?? '')),
        loops,
      );
      const loop = first.hooks[0]?.loop ?? '';
      return new Map(judge(history).sites.map((site) => [placeOf({ ...site.place, loop }), site]));
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      this.problems.push(`the processes' loops could not be laid side by side: ${error.message}`);
      return new Map();
    }
  }
}

/** Whether none of its loops had turns enough. */
function isShort({ judgement: { doubt, hooks } }: TracedProcess): boolean {
  return doubt === 'short' && hooks.every((hook) => hook.doubt === 'short');
}

/** Lines of a loop that had too few turns here are not decided: another process may have had more. */
function withoutShortLoops({ report, judgement }: TracedProcess): Report {
  const short = new Set(judgement.hooks.filter(({ doubt }) => doubt === 'short').map(({ loop }) => loop));
  const sites = report.sites.filter(({ loop, verdict }) => isGuilty(verdict) || !short.has(loop));
  return { ...report, sites };
}

function* records(log: string) {
  for (const { record } of readRecords(log)) yield record;
}

function verdictOf(
  traced: readonly TracedProcess[],
  { sites, arrays }: Pick<MergedReport, 'sites' | 'arrays'>,
  untraced: readonly Untraced[],
): Pick<MergedReport, 'verdict' | 'verdictReason'> {
  // A process whose events were lost may show leaks that are none.
  const sound = new Set(traceesOf(traced.filter(({ report, judgement }) => isSound(report, judgement))).map(numberOf));
  const leaks = sites.filter((site) => isGuilty(site.verdict));
  const proven = leaks.filter(
    (site) => site.judgedTogether || site.processes.some((at) => isGuilty(at.verdict) && sound.has(numberOf(at))),
  );
  const provenArrays = arrays.filter((array) => isGuilty(array.verdict) && sound.has(numberOf(array)));
  if (proven.length + provenArrays.length > 0) return { verdict: 'leak' };
  const reason =
    unseen(traced) ?? tooShort(traced) ?? nowhereCalled(traced) ?? undecided(sites, arrays) ?? notTraced(untraced);
  return reason === undefined ? { verdict: 'clean' } : { verdict: 'unknown', verdictReason: reason };
}

function isSound({ verdict }: Report, { doubt }: Judgement): boolean {
  return verdict === 'leak' || doubt !== 'seen';
}

function growthOutside(report: Report): OutsideInProcess[] {
  const { outside } = report;
  if (outside?.grows !== true) return [];
  const { loops, bytes, bytesPerLoop } = outside;
  return [{ ...traceeOf(report), loops, bytes, bytesPerLoop }];
}

function unseen(traced: readonly TracedProcess[]): string | undefined {
  const found = traced.find(({ judgement }) => judgement.doubt === 'seen');
  return found && `${namedProcess(found.report)}: ${found.report.verdictReason ?? ''}`;
}

function tooShort(traced: readonly TracedProcess[]): string | undefined {
  if (!traced.every(isShort)) return undefined;
  const longest = traced.reduce((most, one) => (one.report.loops.settled > most.report.loops.settled ? one : most));
  return `none had loops enough: ${namedProcess(longest.report)}: ${longest.report.verdictReason ?? ''}`;
}

/** A loop that had too few turns in each of the processes. */
function nowhereCalled(traced: readonly TracedProcess[]): string | undefined {
  const all = traced.flatMap(({ report, judgement }) => judgement.hooks.map((hook) => ({ ...hook, report })));
  const judged = new Set(all.filter(({ doubt }) => doubt !== 'short').map(({ loop }) => loop));
  const short = all.find(({ loop }) => !judged.has(loop));
  return short && `${namedProcess(short.report)}: ${short.reason ?? ''}`;
}

function isPending({ verdict }: Pick<MergedSite, 'verdict'>): boolean {
  return verdict === 'pending';
}

function undecided(sites: readonly MergedSite[], arrays: readonly ArrayInProcess[]): string | undefined {
  const [lines, tables] = [sites.filter(isPending), arrays.filter(isPending)];
  if (lines.length + tables.length === 0) return undefined;
  const wanted = [...lines, ...tables.map(({ evidence }) => evidence)].map(({ moreLoops }) => moreLoops ?? 1);
  const more = Math.max(...wanted);
  return `${whatGrew(lineCount(lines), tables.length)} not rested long enough to tell: about ${String(more)} loops more in each process would (--loops, --duration)`;
}

function notTraced(untraced: readonly Untraced[]): string | undefined {
  const named = untraced.find((one) => one.named);
  return named && `${namedProcess(named)} was not traced: ${named.reason}`;
}

function traceesOf(traced: readonly TracedProcess[]): Tracee[] {
  return traced.map(({ report }) => traceeOf(report));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
