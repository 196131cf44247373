import type { Collector, Residue } from '../trace/records.js';
import { doubtAbout, doubtAboutHook, hasLoops, notMet } from './doubt.js';
import type { Doubt, DoubtKind } from './doubt.js';
import { withArrays } from './filling-lines.js';
import { isUncollected, verdictWhenHeld } from './held.js';
import type { History, HookHistory } from './history.js';
import { judgeArrays } from './judged-arrays.js';
import { isGuilty } from './judged-site.js';
import type { Growth, Grown, JudgedSite } from './judged-site.js';
import { garbageOf, partsOf } from './parts.js';
import type { SiteHistory } from './site-history.js';
import { Turnover } from './turnover.js';
import { judgeSite } from './verdict.js';
import type { SiteVerdict } from './verdict.js';

export type TraceVerdict = 'leak' | 'clean' | 'unknown';

export interface Judgement extends Grown {
  readonly verdict: TraceVerdict;
  /** With `unknown`: why, and what to do. */
  readonly reason?: string;
  /** With `unknown`: which kind of doubt that is. */
  readonly doubt?: DoubtKind;
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

/** Judges each line of a trace, and the trace. May be asked at any time; the history is not changed. */
export function judge(history: History): Judgement {
  const collector = history.snapshot?.collector ?? null;
  const sites = history.hooks.flatMap((hook) =>
    hasLoops(hook) ? judgeHook(hook, collector) : aliveAtEnd(history, hook),
  );
  const grown = withArrays(sites, judgeArrays(history));
  return { ...verdictOf(doubtAbout(history, grown), grown), ...grown, hooks: hookVerdicts(history, grown) };
}

const NOTHING: Grown = { sites: [], arrays: [] };

function hookVerdicts(history: History, { sites, arrays }: Grown): HookVerdict[] {
  const several = history.hooks.length > 1;
  const placed = history.hooks.map((hook) => {
    // What happens outside of all loops is nobody's: it stands with the one that began last.
    const own = {
      sites: sites.filter(({ place }) => place.hook === hook.record.hook && !(several && place.outside)),
      arrays: arrays.filter((array) => array.hook === hook.record.hook),
    };
    return { loop: hook.record.loop, ...verdictOf(doubtAboutHook(history, hook, own), own) };
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
    if (verdict === 'cycle' && held) return [{ ...garbageOf(site, judged, held, hook.judgedLoops), ...where }];
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
