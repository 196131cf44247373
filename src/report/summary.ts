import { sliceBounds } from '../leaks/slices.js';
import type { Evidence } from '../leaks/verdict.js';
import { isGuilty } from '../leaks/judged-site.js';
import { lineCount } from '../leaks/place-key.js';
import type { Accounting, Frame, Report, ReportedArray, ReportedHook, ReportedSite } from './model.js';
import { namedPid } from './named-pid.js';
import { arrayLines, arraySum, fillsText, pendingArrayLines } from './array-text.js';
import { outsideHead, outsideLines } from './outside-text.js';
import { place, printable, type Palette } from './palette.js';
import { amount, counted } from './words.js';

/** What a person wants to know, after the loops: the verdict, each leaking line, the rest in a line, the books. */
export function summaryLines(report: Report, colors: Palette): string[] {
  const leaks = report.sites.filter((site) => isGuilty(site.verdict));
  const cycles = report.sites.filter((site) => site.verdict === 'cycle');
  const pending = report.sites.filter((site) => site.verdict === 'pending');
  const several = report.hooks.length > 1;
  return [
    colors.bold(`${verdictLine(report, leaks, pending)}${outsideHead(report)}`),
    aboutLine(report),
    ...(several ? report.hooks.map((hook) => hookLine(hook, leaks)) : []),
    ...leaks.flatMap((site) => ['', ...leakLines(site, several, colors)]),
    ...arrayLines(report.arrays, several, colors),
    ...section([...pending.map((site) => pendingLine(site, several)), ...pendingArrayLines(report.arrays)]),
    ...section(cycles.map((site) => cycleLine(site, report, several))),
    ...section(outsideLines(report)),
    ...section([...innocentLines(report), booksLine(report.accounting), ...doubtLines(report.accounting)]),
    ...report.notes.map((note) => `Note: ${printable(note)}`),
    ...(report.log === null ? [] : [`Log: ${printable(report.log)}`]),
  ];
}

function verdictLine(report: Report, leaks: readonly ReportedSite[], pending: readonly ReportedSite[]): string {
  if (report.verdict === 'leak') {
    return `LEAK: ${leakSums(leaks, report.arrays)}${andUndecided(pending)}.`;
  }
  if (report.verdict === 'clean') {
    return `NO LEAK${report.outside?.grows === true ? " in PHP's heap" : ''}: nothing accumulates from loop to loop.`;
  }
  return `CANNOT TELL: ${printable(report.verdictReason ?? 'too little was seen')}.`;
}

/** What is not decided may be more than what is. */
function andUndecided(pending: readonly ReportedSite[]): string {
  const lines = lineCount(pending);
  return lines === 0 ? '' : `; ${counted(lines, 'more line is', 'more lines are')} not decided (below)`;
}

function aboutLine({ pid, innerPid, thread, php, sapi, hooks, loops, ended, snapshot }: Report): string {
  const [first, ...others] = hooks.map((hook) => `of ${printable(hook.loop)}`);
  const watched = [
    `${counted(hooks[0]?.loops.settled ?? 0, 'loop', 'loops')} ${first ?? 'of nothing'}`,
    ...others.map((name, index) => `${hooks[index + 1]!.loops.settled} ${name}`),
  ];
  return (
    `${namedPid({ pid, innerPid, thread })}, PHP ${printable(php)} ${printable(sapi)}; ${watched.join(', ')} judged ` +
    `after ${loops.warmup} of warm-up; ended: ${printable(ended)}` +
    `${snapshot === null ? '' : `; it stood still for ${snapshot.pauseMs.toFixed(1)} ms to be copied`}.`
  );
}

/** What one of several loops shows. */
function hookLine({ loop, verdict, verdictReason, loops }: ReportedHook, leaks: readonly ReportedSite[]): string {
  const own = leaks.filter((site) => site.loop === loop && !site.outside);
  const shown = {
    leak: leakSum(own),
    clean: 'nothing accumulates',
    unknown: printable(verdictReason ?? 'too little was seen'),
  }[verdict];
  return `  ${printable(loop)}: ${counted(loops.settled, 'loop', 'loops')} judged: ${shown}`;
}

/** What lines and arrays keep: `2 lines keep 1280 bytes a loop, 1 array gets longer by 40 bytes a loop`. */
export function leakSums(leaks: readonly Leak[], arrays: readonly ReportedArray[]): string {
  return [...(leaks.length > 0 ? [leakSum(leaks)] : []), ...arraySum(arrays)].join(', ');
}

type Leak = Pick<ReportedSite, 'file' | 'line' | 'bytesPerLoop'>;

function leakSum(leaks: readonly Leak[]): string {
  const bytes = leaks.reduce((sum, site) => sum + site.bytesPerLoop, 0);
  return `${counted(lineCount(leaks), 'line keeps', 'lines keep')} ${amount(bytes)} bytes a loop`;
}

function leakLines(site: ReportedSite, several: boolean, { red }: Palette): string[] {
  const { evidence } = site;
  const head = `${where(site)}${context(site, several)}`;
  if (site.fills) {
    return [
      head,
      `  ${red(amount(site.bytesPerLoop))} bytes a loop in the long run: ${fillsText(site.fills)}`,
      ...heldLines(site),
      ...pathLines(site),
    ];
  }
  return [
    head,
    `  ${red(amount(site.bytesPerLoop))} bytes a loop: ${site.bytes} bytes ${spread(site.blocks)} since warm-up`,
    `  grew in ${evidence.grewInLoops} of ${evidence.loops} loops, ${lastGrowth(evidence.loopsSinceGrowth)}; ` +
      `still alive: ${evidence.survivors} of ${counted(evidence.births, 'block', 'blocks')} left behind`,
    `  bytes a loop by parts of the trace: ${ratesOf(evidence).join(', ')}`,
    ...heldLines(site),
    ...pathLines(site),
  ];
}

/** What keeps the blocks alive. */
function heldLines(site: ReportedSite): string[] {
  const types = typesOf(site);
  if (site.uncollected)
    return [`  kept alive by each other${types}: cycles, and PHP's collector is off (zend.enable_gc)`];
  if (site.verdict === 'orphan') return [`  nothing refers to them${types}: lost by an extension or the engine`];
  return site.path === null ? [] : [`  held by ${printable(site.path)}${types}`];
}

/** What the blocks are, as far as that is known. */
export function typesOf({ types }: Pick<ReportedSite, 'types'>): string {
  const known = types.filter((type) => type !== '(unknown)').map(printable);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

/** Garbage that is no leak, for the collector takes it. */
function cycleLine(site: ReportedSite, { snapshot }: Report, several: boolean): string {
  const collector = snapshot?.collector ?? null;
  const now =
    collector === null ? '' : `, at ${String(collector.threshold)} possible roots, ${String(collector.roots)} now`;
  return (
    `Cycle: ${where(site)}${context(site, several)}: ${amount(site.bytesPerLoop)} bytes a loop` +
    `${typesOf(site)} until the collector runs${now}`
  );
}

function spread(blocks: number): string {
  return blocks > 0 ? `in ${counted(blocks, 'block', 'blocks')}` : 'more in the same blocks';
}

function lastGrowth(loopsAgo: number): string {
  return loopsAgo === 0 ? 'also in the last one' : `the last time ${counted(loopsAgo, 'loop', 'loops')} before the end`;
}

function ratesOf({ perSlice, loops }: Evidence): string[] {
  const bounds = sliceBounds(0, loops);
  return perSlice.map((bytes, i) => amount(bytes / Math.max(1, bounds[i + 1]! - bounds[i]!)));
}

/** The call path from the caller to the first line outside `vendor`, where the line itself is inside. */
function pathLines(site: ReportedSite): string[] {
  const own = site.stack.findIndex(({ file, line }) => file === site.app.file && line === site.app.line);
  return site.stack.slice(1, own + 1).map((frame) => `  called from ${where(frame)}`);
}

function pendingLine(site: ReportedSite, several: boolean): string {
  const { moreLoops, grewInLoops, loops, loopsSinceGrowth, olderFreedBytes } = site.evidence;
  const head = `${where(site)}${context(site, several)}: ${site.bytes} bytes in ${counted(site.blocks, 'block', 'blocks')}`;
  if (moreLoops === undefined) return `Alive: ${head}`;
  if (site.fills) {
    const more = `about ${counted(moreLoops, 'loop', 'loops')} more would tell`;
    return `Not decided: ${where(site)}${context(site, several)}: ${fillsText(site.fills)}; ${more}`;
  }
  const older = olderFreedBytes === undefined ? '' : `, while ${olderFreedBytes} bytes older than the trace were freed`;
  return (
    `Not decided: ${head}, grew in ${grewInLoops} of ${loops} loops, ${lastGrowth(loopsSinceGrowth)}${older}; ` +
    `about ${counted(moreLoops, 'loop', 'loops')} more would tell`
  );
}

function innocentLines({ sites }: Report): string[] {
  const count = (verdict: string) => lineCount(sites.filter((site) => site.verdict === verdict));
  const parts = [
    [count('offset'), 'freed by later loops (offset)'],
    [count('bounded'), 'grown and at rest (bounded)'],
    [count('warmup'), 'of the warm-up (warmup)'],
  ] as const;
  const said = parts.filter(([lines]) => lines > 0).map(([lines, what]) => `${lines} ${what}`);
  return said.length === 0 ? [] : [`Other lines that left something behind: ${said.join(', ')}.`];
}

function booksLine({ growthBytes, explainedBytes, accounted }: Accounting): string {
  const [went, sign] = growthBytes < 0 ? ['shrank', -1] : ['grew', 1];
  return (
    `Books: the heap ${went} by ${sign * growthBytes} bytes, the events explain ${sign * explainedBytes} ` +
    `(${(Math.floor(accounted * 1000) / 10).toFixed(1)} %).`
  );
}

function doubtLines(books: Accounting): string[] {
  const doubts = [
    [books.droppedEvents, 'events lost'],
    [books.unknownFrees, 'frees of blocks older than the trace'],
    [books.missedFrees, 'frees missed'],
    [books.unreadFrames, 'frames not read'],
    [books.unresolved, 'allocations without a result'],
  ] as const;
  const said = doubts.filter(([times]) => times > 0).map(([times, what]) => `${times} ${what}`);
  return said.length === 0 ? [] : [`Not seen or not understood: ${said.join(', ')}.`];
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** `file:line in function`. */
export function where(frame: Frame): string {
  return frame.function === null ? place(frame) : `${place(frame)} in ${printable(frame.function)}`;
}

function context(site: ReportedSite, several: boolean): string {
  return (several ? ` (loop ${printable(site.loop)})` : '') + (site.outside ? ' (outside the loop)' : '');
}
