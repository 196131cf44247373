import { judgeArray } from './array-growth.js';
import type { History } from './history.js';
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
  /** The line that makes it longer, and the number of the call path to it; absent where they were not seen. */
  readonly place?: SitePlace;
  readonly callPath?: number;
  readonly holder: string | null;
  readonly path: string | null;
}

/** Those that leak or may, by the loops of the line's hook; where that is not known, of the hook with most. */
export function judgeArrays(history: History): JudgedArray[] {
  const [busiest] = [...history.hooks].sort((a, b) => b.judgedLoops - a.judgedLoops);
  if (!busiest) return [];
  const { warmup } = history.header;
  return [...history.arrays].flatMap(({ array, elements, capacity, elementBytes, by }): JudgedArray[] => {
    const hook = (by && history.hooks[by.hook]) ?? busiest;
    const points = hook.arrays.get(array)?.all ?? [];
    const judged = judgeArray(points, { loops: hook.judgedLoops, warmup, elementBytes });
    if (judged.verdict !== 'leak' && judged.verdict !== 'pending') return [];
    const { holder = null, path = null } = history.heldArray(array) ?? {};
    const place = history.placeOf(array);
    const line = place && by ? { place, callPath: by.path } : {};
    return [{ ...judged, array, hook: hook.record.hook, elements, capacity, elementBytes, ...line, holder, path }];
  });
}
