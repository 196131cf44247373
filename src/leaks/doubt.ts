import { INTERRUPTED } from '../trace/records.js';
import type { MissingHook } from '../trace/records.js';
import { FEWEST_LOOPS } from './growth.js';
import type { History, HookHistory } from './history.js';
import { isGuilty } from './judged-site.js';
import type { Grown, JudgedSite } from './judged-site.js';
import { lineCount } from './place-key.js';
import type { SiteVerdict } from './verdict.js';

/** `seen`: what was seen cannot be relied on. `short`: too few loops. `pending`: lines that are not decided. */
export type DoubtKind = 'seen' | 'short' | 'pending';

/** A reason not to be sure. */
export interface Doubt {
  readonly kind: DoubtKind;
  readonly reason: string;
  /** True where leaks that were found are leaks all the same. */
  readonly leaksStand: boolean;
}

/** The strongest reason not to call the trace clean, or undefined. */
export function doubtAbout(history: History, grown: Grown): Doubt | undefined {
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

/** The same of one hook; what grew is its own. */
export function doubtAboutHook(history: History, hook: HookHistory, own: Grown): Doubt | undefined {
  return (
    doubtAboutAll(history, [hook], own) ?? unbalanced([hook]) ?? tooFewLoops(history, [hook]) ?? undecided([hook], own)
  );
}

/** Where what was seen of all loops cannot be relied on. What grew is that of the hooks. */
function doubtAboutAll({ end }: History, hooks: readonly HookHistory[], grown: Grown): Doubt | undefined {
  if (end && !end.conclusive) {
    return { kind: 'seen', reason: `what was seen cannot be judged: ${end.reason}`, leaksStand: false };
  }
  const dropped = end?.counters.droppedEvents ?? 0;
  if (dropped > 0) {
    const reason =
      `${dropped} events were lost, so blocks may seem alive that were freed: ` +
      `trace again with a larger ring (--ring) or with less load on the machine`;
    return { kind: 'seen', reason, leaksStand: arraysFill(grown) || heapGrewLike(hooks, grown.sites) };
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
    `the books do not balance: the heap changed by ${hook.growthBytes} bytes and the events explain ` +
    `${hook.explainedBytes}: please report this, with the output of \`phptrace doctor\` for the process`;
  return { kind: 'seen', reason, leaksStand: true };
}

/** Elements are counted in the process itself: no event that was lost makes them more. */
function arraysFill({ sites, arrays }: Grown): boolean {
  return [...arrays, ...sites.filter(({ fills }) => fills)].some(({ verdict }) => isGuilty(verdict));
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
      const until = history.end.reason === INTERRUPTED ? 'before the trace was interrupted' : 'while the trace ran';
      return `${loop} was not called ${until}: trace longer (--duration), or name another loop (--loop)`;
    }
    return (
      `only ${short.judgedLoops} loops of ${loop} were settled after ${history.header.warmup} of warm-up, and ${FEWEST_LOOPS} ` +
      'are needed: trace longer (--duration, --loops)'
    );
  };
  return { kind: 'short', reason: reason(), leaksStand: true };
}

export function notMet({ loop, why }: MissingHook): Doubt {
  return { kind: 'short', reason: `${loop} was not called: ${why}`, leaksStand: true };
}

/** `1 line grew and has`, `3 lines or arrays grew and have`. */
export function whatGrew(lines: number, arrays: number): string {
  if (lines + arrays === 1) return lines === 1 ? '1 line grew and has' : '1 array grew and has';
  const many = arrays === 0 ? 'lines' : lines === 0 ? 'arrays' : 'lines or arrays';
  return `${lines + arrays} ${many} grew and have`;
}

function undecided(hooks: readonly HookHistory[], { sites, arrays }: Grown): Doubt | undefined {
  const isPending = ({ verdict }: SiteVerdict): boolean => verdict === 'pending';
  const [lines, tables] = [sites.filter(isPending), arrays.filter(isPending)];
  const pending = [...lines, ...tables];
  if (pending.length === 0) return undefined;
  const more = Math.max(...pending.map((site) => site.evidence.moreLoops ?? 1));
  const loops = Math.max(...hooks.map((hook) => hook.judgedLoops)) + more;
  const grew = whatGrew(lineCount(lines.map(({ place }) => place)), tables.length);
  const reason = `${grew} not rested long enough to tell: about ${more} loops more would (--loops ${loops}, --duration)`;
  return { kind: 'pending', reason, leaksStand: true };
}

/** A process watched as a whole has periods of time in place of loops; too few of them tell nothing. */
export function hasLoops(hook: HookHistory): boolean {
  return hook.record.boundary !== 'none' || hook.judgedLoops >= FEWEST_LOOPS;
}

const NO_LOOPS =
  'the process was watched as a whole, and without loops to compare there is no telling what will be freed: ' +
  'see what is alive, and name a loop with --loop';
