import type { History } from './history.js';
import { isGuilty } from './judged-site.js';
import { judge } from './judgement.js';
import { outsideLacking } from './outside.js';
import { RARE_LOOPS } from './rest.js';

/** What a trace without a fixed number of loops still waits for. */
export interface Awaited {
  /** Lines and arrays of which it is not told yet whether they leak; 0 where the loops are too few, or it is memory outside of the heap. */
  readonly lines: number;
  /** How many of them have no verdict yet; the others would keep theirs if the trace ended now. */
  readonly pending: number;
  /** About so many loops more. */
  readonly moreLoops: number;
}

/**
 * What a trace still waits for, or undefined where all is told: each line that grew leaks, or has rested for so long
 * that a leak in one of a hundred loops would have shown itself again. Where nothing leaks so many loops are looked at
 * in any case, for such a leak may not have begun. May be asked at any time; the history is not changed.
 * @param isAwaited whether the loops of a hook, by its number, are waited for
 */
export function awaited(history: History, isAwaited: (hook: number) => boolean = () => true): Awaited | undefined {
  const hooks = history.hooks.filter(({ record }) => isAwaited(record.hook));
  const loops = hooks.length === 0 ? 0 : Math.min(...hooks.map(({ judgedLoops }) => judgedLoops));
  if (loops < LEAST_LOOPS) return { lines: 0, pending: 0, moreLoops: LEAST_LOOPS - loops };

  const judged = judge(history);
  const grown = [
    ...judged.sites.filter(({ place }) => isAwaited(place.hook)),
    ...judged.arrays.filter(({ hook }) => isAwaited(hook)),
  ];
  const open = grown.flatMap(({ openLoops }) => (openLoops === undefined ? [] : [openLoops]));
  const pending = grown.filter(({ verdict }) => verdict === 'pending').length;
  if (open.length > 0) return { lines: open.length, pending, moreLoops: Math.max(...open) };

  const outside = Math.max(0, ...hooks.map((hook) => outsideLacking(hook.outside.after(history.header.warmup))));
  if (outside > 0) return { lines: 0, pending: 0, moreLoops: outside };

  const isLeaking = grown.some(({ verdict }) => isGuilty(verdict));
  const isLong = hooks.every(({ durationNs }) => durationNs >= LONG_NS);
  if (loops >= RARE_LOOPS || (isLeaking && isLong)) return undefined;
  return { lines: 0, pending: 0, moreLoops: RARE_LOOPS - loops };
}

/** After how many loops more it is worth to ask again: judging takes longer the more lines there are. */
export function loopsToNextLook(judgedLoops: number, moreLoops: number): number {
  return Math.max(1, Math.min(moreLoops, Math.ceil(judgedLoops / 10)));
}

/** Enough for eight slices that tell a trend from chance. */
const LEAST_LOOPS = 100;
/**
 * A leak need not be looked at longer than this: a cache that fills in the first loops has slowed down by then, or it
 * takes more loops than anybody waits for.
 */
const LONG_NS = 10e9;
