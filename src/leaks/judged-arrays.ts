import { judgeArray } from './array-growth.js';
import type { History, HookHistory } from './history.js';
import type { SitePlace } from './site-history.js';
import type { SiteVerdict } from './verdict.js';

/** An array that gets longer, by elements that take no memory but their places in it. */
export interface JudgedArray extends SiteVerdict {
  /** Its number in the log. */
  readonly array: number;
  /** The hook whose loops it is judged by. */
  readonly hook: number;
  readonly elements: number;
  /** For how many it has room: when it has so many it doubles. */
  readonly capacity: number;
  readonly elementBytes: number;
  /** The line that made it longer while the trace ran. */
  readonly place?: SitePlace;
  readonly holder: string | null;
  readonly path: string | null;
}

/** Those that leak or may, by the loops of the hook with most. */
export function judgeArrays(history: History): JudgedArray[] {
  const hook = history.hooks.reduce<HookHistory | undefined>(
    (most, one) => (most === undefined || one.judgedLoops > most.judgedLoops ? one : most),
    undefined,
  );
  if (!hook) return [];
  const { warmup } = history.header;
  return [...history.arrays].flatMap((record): JudgedArray[] => {
    const { array, elements, capacity, elementBytes, born } = record;
    const points = hook.arrays.get(array)?.after(warmup) ?? [];
    const judged = judgeArray(points, { loops: hook.judgedLoops, warmup, elementBytes });
    if (judged.verdict !== 'leak' && judged.verdict !== 'pending') return [];
    const { holder = null, path = null } = history.heldArray(array) ?? {};
    const place = born && history.hooks[born.hook]?.placeOf(born.site, born.outside);
    return [
      {
        ...judged,
        array,
        hook: hook.record.hook,
        elements,
        capacity,
        elementBytes,
        ...(place === undefined ? {} : { place }),
        holder,
        path,
      },
    ];
  });
}
