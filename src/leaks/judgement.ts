import type { HookHistory, History } from './history.js';
import type { Collector, HeldRecord, MissingHook, Residue } from '../trace/records.js';
import { FEWEST_LOOPS } from './growth.js';
import type { SiteHistory, SitePlace } from './site-history.js';
import { judgeArrays } from './judged-arrays.js';
import type { JudgedArray } from './judged-arrays.js';
import { isUncollected, verdictWhenHeld } from './held.js';
import { lineCount } from './place-key.js';
import { partsOf } from './parts.js';
import { Turnover } from './turnover.js';
import { judgeSite, type SiteVerdict, type Verdict } from './verdict.js';

export type TraceVerdict = 'leak' | 'clean' | 'unknown';

export interface JudgedSite extends SiteVerdict {
  readonly place: SitePlace;
  /** The call path with most surviving bytes; 0 where none was recorded. */
  readonly path: number;
  /** The seed's alarm: the live bytes of a line that never fell and reached new heights in at least 4 loops. */
  readonly growth?: Growth;
  /** What holds its blocks, where a copy of the heap was looked at. */
  readonly held?: HeldRecord;
  /** It makes arrays longer, which take memory when they have no room left. */
  readonly fills?: Fill;
  /** What holds the array, or one of them; null where it was not looked for. */
  readonly filled?: { readonly holder: string | null; readonly path: string | null };
  /** Garbage that piles up because the collector is off. */
  readonly uncollected?: true;
}

/** How far an array is filled, and how fast it is. */
export interface Fill {
  readonly elements: number;
  /** At so many it doubles. */
  readonly capacity: number;
  readonly elementsPerLoop: number;
}

/** A line with one of these verdicts makes the process grow for good. */
export function isGuilty(verdict: Verdict): boolean {
  return verdict === 'leak' || verdict === 'orphan';
}

export interface Growth {
  readonly times: number;
  readonly sizeBytes: number;
}

export interface Judgement {
  readonly verdict: TraceVerdict;
  /** With `unknown`: why, and what to do. */
  readonly reason?: string;
  /** With `unknown`: which kind of doubt that is. */
  readonly doubt?: DoubtKind;
  /** Leaks first, by bytes; then the pending ones, then the others. */
  readonly sites: readonly JudgedSite[];
  /** Arrays that leak or may, and that no line made longer meanwhile. */
  readonly arrays: readonly JudgedArray[];
  /** The hooks in place, by number, and those that never got one. */
  readonly hooks: readonly HookVerdict[];
}

/** What the loops of one hook show. */
export interface HookVerdict {
  readonly loop: string;
  readonly verdict: TraceVerdict;
  readonly reason?: string;
  readonly doubt?: DoubtKind;
}

/** `seen`: what was seen cannot be relied on. `short`: too few loops. `pending`: lines that are not decided. */
export type DoubtKind = 'seen' | 'short' | 'pending';

/** Judges each line of a trace, and the trace. May be asked at any time; the history is not changed. */
export function judge(history: History): Judgement {
  const collector = history.snapshot?.collector ?? null;
  const sites = history.hooks.flatMap((hook) =>
    hasLoops(hook) ? judgeHook(hook, collector) : aliveAtEnd(history, hook),
  );
  const grown = withArrays(sites, judgeArrays(history));
  return { ...verdictOf(doubtAbout(history, grown), grown), ...grown, hooks: hookVerdicts(history, grown) };
}

/** All that was judged. */
type Grown = Pick<Judgement, 'sites' | 'arrays'>;

const NOTHING: Grown = { sites: [], arrays: [] };

/** Heaviest first. An array that gets longer is its line's, where one is known. */
function withArrays(sites: readonly JudgedSite[], judged: readonly JudgedArray[]): Grown {
  const filled = new Map<SitePlace, [JudgedArray, ...JudgedArray[]]>();
  for (const array of judged) {
    if (!array.place) continue;
    const others = filled.get(array.place);
    if (others) others.push(array);
    else filled.set(array.place, [array]);
  }
  const known = new Set(sites.map(({ place }) => place));
  const silent = [...filled].flatMap(([place, [array]]) => (known.has(place) ? [] : [withoutBlocks(place, array)]));
  const lines = [...sites, ...silent].map((site) => filling(site, filled.get(site.place) ?? []));
  const arrays = judged.filter(({ place }) => place === undefined);
  return { sites: lines.sort(byWeight), arrays: arrays.sort((a, b) => rank(a) - rank(b) || b.bytes - a.bytes) };
}

/** A line of which nothing is known but that it makes an array longer, in the room that this has. */
function withoutBlocks(place: SitePlace, { evidence, callPath = 0 }: JudgedArray): JudgedSite {
  return { place, path: callPath, verdict: 'warmup', blocks: 0, bytes: 0, bytesPerLoop: 0, evidence };
}

/**
 * A line that makes arrays longer, as these are: unless it has a verdict as bad for all that it keeps. What they take
 * now is what the line has taken.
 */
function filling(line: JudgedSite, arrays: readonly JudgedArray[]): JudgedSite {
  const worse = arrays.filter((array) => rank(array) < rank(line));
  const [worst] = worse.sort((a, b) => rank(a) - rank(b) || b.bytesPerLoop - a.bytesPerLoop);
  if (!worst) return line;
  const { verdict, evidence, openLoops, holder, path } = worst;
  const sum = (of: (array: JudgedArray) => number): number => worse.reduce((total, array) => total + of(array), 0);
  return {
    ...line,
    verdict,
    evidence,
    bytesPerLoop: sum(({ bytesPerLoop }) => bytesPerLoop),
    fills: {
      elements: sum(({ elements }) => elements),
      capacity: sum(({ capacity }) => capacity),
      elementsPerLoop: sum(({ bytesPerLoop, elementBytes }) => bytesPerLoop / elementBytes),
    },
    filled: { holder, path },
    ...(openLoops === undefined ? {} : { openLoops }),
  };
}

function hookVerdicts(history: History, { sites, arrays }: Grown): HookVerdict[] {
  const several = history.hooks.length > 1;
  const placed = history.hooks.map((hook) => {
    // What happens outside of all loops is nobody's: it stands with the one that began last.
    const own = {
      sites: sites.filter(({ place }) => place.hook === hook.record.hook && !(several && place.outside)),
      arrays: several ? [] : arrays,
    };
    const doubt =
      doubtAboutAll(history, [hook], own) ??
      unbalanced([hook]) ??
      tooFewLoops(history, [hook]) ??
      undecided([hook], own);
    return { loop: hook.record.loop, ...verdictOf(doubt, own) };
  });
  const missing = history.end?.missing ?? [];
  return [...placed, ...missing.map(({ loop, why }) => ({ loop, ...verdictOf(notMet({ loop, why }), NOTHING) }))];
}

function verdictOf(
  doubt: Doubt | undefined,
  { sites, arrays }: Grown,
): Pick<Judgement, 'verdict' | 'reason' | 'doubt'> {
  const doesLeak = [...sites, ...arrays].some(({ verdict }) => isGuilty(verdict));
  if (doesLeak && (doubt === undefined || doubt.leaksStand)) return { verdict: 'leak' };
  if (doubt) return { verdict: 'unknown', reason: doubt.reason, doubt: doubt.kind };
  return { verdict: 'clean' };
}

function judgeHook(hook: HookHistory, collector: Collector | null): JudgedSite[] {
  const sites = hook.sites.filter(hasSomethingToSay).map((site) => {
    return { site, alone: judgeSite(site, hook.judgedLoops) };
  });
  const growing = sites.filter(({ alone }) => isSuspect(alone)).map(({ site }) => site.bySize);
  const turnover = new Turnover(hook.older, growing, hook.judgedLoops);
  return sites.flatMap(({ site, alone }): JudgedSite[] => {
    const judged = isSuspect(alone) ? turnover.reconsider(alone, site.bySize) : alone;
    const { held } = site;
    const where = { place: site.place, path: site.heaviestPath };
    const parts = isSuspect(judged) ? partsOf(site, judged, hook.judgedLoops, collector) : undefined;
    if (parts) return parts.map((part) => ({ ...part, ...where }));
    const verdict = verdictWhenHeld(judged, held, collector);
    // The alarm is for what goes on growing: a table that has come to rest needs none.
    const growth = isGuilty(verdict) || verdict === 'pending' ? growthOf(site) : undefined;
    return [
      {
        ...judged,
        verdict,
        ...(held === undefined ? {} : { held }),
        ...(isGuilty(verdict) && isUncollected(held, collector) ? { uncollected: true as const } : {}),
        ...where,
        ...(growth ? { growth } : {}),
      },
    ];
  });
}

function isSuspect({ verdict }: SiteVerdict): boolean {
  return verdict === 'leak' || verdict === 'pending';
}

/** A process watched as a whole has periods of time in place of loops; too few of them tell nothing. */
function hasLoops(hook: HookHistory): boolean {
  return hook.record.boundary !== 'none' || hook.judgedLoops >= FEWEST_LOOPS;
}

/** Of a process watched as a whole: what is alive, without a judgement. Lines are not merged: paths tell them apart. */
function aliveAtEnd(history: History, hook: HookHistory): JudgedSite[] {
  return (history.end?.alive ?? []).map((alive) => {
    const { file, line, function: name } = history.site(alive.site);
    return {
      place: { hook: hook.record.hook, file, line, function: name, outside: false },
      path: alive.path,
      ...unjudged(alive),
    };
  });
}

function unjudged({ blocks, bytes }: Residue): SiteVerdict {
  return {
    verdict: 'pending',
    blocks,
    bytes,
    bytesPerLoop: 0,
    evidence: {
      loops: 0,
      grewInLoops: 0,
      survivors: blocks,
      births: 0,
      lateFreedBlocks: 0,
      bytesFirst: 0,
      bytesLast: bytes,
      perSlice: [],
      loopsSinceGrowth: 0,
    },
  };
}

/** A line whose blocks are gone and that left nothing behind after warm-up is not worth a word. */
function hasSomethingToSay(site: SiteHistory): boolean {
  return site.aliveBlocks > 0 || site.bornBlocks > 0 || site.bytesLast > 0;
}

function growthOf(site: SiteHistory): Growth | undefined {
  const { heights } = site.trackers;
  if (heights.count < 4 || site.falls > 0) return undefined;
  return { times: heights.count, sizeBytes: site.netLive.bytes };
}

interface Doubt {
  readonly kind: DoubtKind;
  readonly reason: string;
  /** True where leaks that were found are leaks all the same. */
  readonly leaksStand: boolean;
}

/** The strongest reason not to call the trace clean, or undefined. */
function doubtAbout(history: History, grown: Grown): Doubt | undefined {
  const { hooks, end } = history;
  const [missing] = end?.missing ?? [];
  return (
    doubtAboutAll(history, hooks, grown) ??
    unbalanced(hooks) ??
    tooFewLoops(history, hooks) ??
    (missing && notMet(missing)) ??
    undecided(hooks, grown)
  );
}

/** Where what was seen of all loops cannot be relied on. What grew is that of the hooks. */
function doubtAboutAll({ end }: History, hooks: readonly HookHistory[], { sites }: Grown): Doubt | undefined {
  if (end && !end.conclusive) {
    return { kind: 'seen', reason: `what was seen cannot be judged: ${end.reason}`, leaksStand: false };
  }
  const dropped = end?.counters.droppedEvents ?? 0;
  if (dropped > 0) {
    const reason =
      `${dropped} events were lost, so blocks may seem alive that were freed: ` +
      `trace again with a larger ring (--ring) or with less load on the machine`;
    return { kind: 'seen', reason, leaksStand: heapGrewLike(hooks, sites) };
  }
  return undefined;
}

/**
 * Whether the heap grew by what no event explains: then there may be leaks that were not seen. A huge block's list node
 * (24 bytes) has no event, so a share is allowed for, and a page.
 */
function isUnexplained({ growthBytes, explainedBytes }: HookHistory): boolean {
  const share = 0.02 * Math.max(Math.abs(growthBytes), Math.abs(explainedBytes));
  return Math.abs(growthBytes - explainedBytes) > Math.max(4096, share);
}

function unbalanced(hooks: readonly HookHistory[]): Doubt | undefined {
  const hook = hooks.find(isUnexplained);
  if (!hook) return undefined;
  const reason =
    `the books do not balance: the heap grew by ${hook.growthBytes} bytes and the events explain ` +
    `${hook.explainedBytes}: please report this, with the output of \`phptrace doctor\` for the process`;
  return { kind: 'seen', reason, leaksStand: true };
}

/** Whether the heap's own count, which loses nothing, grew by at least half of what the leaks are said to keep. */
function heapGrewLike(hooks: readonly HookHistory[], sites: readonly JudgedSite[]): boolean {
  return hooks.some((hook) => {
    const leaked = sites
      .filter((site) => isGuilty(site.verdict) && site.place.hook === hook.record.hook)
      .reduce((sum, site) => sum + site.bytes, 0);
    return leaked > 0 && hook.growthBytes >= leaked / 2;
  });
}

function tooFewLoops(history: History, hooks: readonly HookHistory[]): Doubt | undefined {
  const short = hooks.find((hook) => hook.judgedLoops < FEWEST_LOOPS);
  if (hooks.length > 0 && !short) return undefined;
  const reason = (): string => {
    if (!short) return 'no loop was watched: name one with --loop';
    if (!hasLoops(short)) return NO_LOOPS;
    const { loop, hook } = short.record;
    if (history.end?.loopsSeen[hook] === 0) {
      return `${loop} was not called while the trace ran: trace longer (--duration), or name another loop (--loop)`;
    }
    return (
      `only ${short.judgedLoops} loops of ${loop} were settled after ${history.header.warmup} of warm-up, and ${FEWEST_LOOPS} ` +
      'are needed: trace longer (--duration, --loops)'
    );
  };
  return { kind: 'short', reason: reason(), leaksStand: true };
}

function notMet({ loop, why }: MissingHook): Doubt {
  return { kind: 'short', reason: `${loop} was not called: ${why}`, leaksStand: true };
}

function undecided(hooks: readonly HookHistory[], { sites, arrays }: Grown): Doubt | undefined {
  const isPending = ({ verdict }: SiteVerdict): boolean => verdict === 'pending';
  const [lines, tables] = [sites.filter(isPending), arrays.filter(isPending)];
  const pending = [...lines, ...tables];
  if (pending.length === 0) return undefined;
  const more = Math.max(...pending.map((site) => site.evidence.moreLoops ?? 1));
  const loops = Math.max(...hooks.map((hook) => hook.judgedLoops)) + more;
  const noun = tables.length === 0 ? 'line' : lines.length === 0 ? 'array' : 'line or array';
  const count = lineCount(lines.map(({ place }) => place)) + tables.length;
  const grew = count === 1 ? `1 ${noun} grew and has` : `${count} ${noun}s grew and have`;
  const reason = `${grew} not rested long enough to tell: about ${more} loops more would (--loops ${loops}, --duration)`;
  return { kind: 'pending', reason, leaksStand: true };
}

function byWeight(a: JudgedSite, b: JudgedSite): number {
  return rank(a) - rank(b) || b.bytes - a.bytes || a.place.line - b.place.line;
}

function rank({ verdict }: Pick<SiteVerdict, 'verdict'>): number {
  return VERDICT_RANK[verdict];
}

const NO_LOOPS =
  'the process was watched as a whole, and without loops to compare there is no telling what will be freed: ' +
  'see what is alive, and name a loop with --loop';

/** Lines are told in this order: what is worse comes first. */
export const VERDICT_RANK = { leak: 0, orphan: 0, pending: 1, cycle: 2, bounded: 3, offset: 4, warmup: 5 } as const;
