import type { HeldRecord } from '../trace/records.js';
import type { JudgedArray } from './judged-arrays.js';
import type { SitePlace } from './site-history.js';
import type { SiteVerdict, Verdict } from './verdict.js';

/** What was judged of a line. */
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

/** How far an array is filled, and how fast it is; of several, the one to which most comes. */
export interface Fill {
  readonly arrays: number;
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

/** All that was judged: leaks first, by bytes; then what is pending, then the others. */
export interface Grown {
  readonly sites: readonly JudgedSite[];
  /** Arrays that leak or may, and of which no line is known. */
  readonly arrays: readonly JudgedArray[];
}

/** Lines are told in this order: what is worse comes first. */
export const VERDICT_RANK = { leak: 0, orphan: 0, pending: 1, cycle: 2, bounded: 3, offset: 4, warmup: 5 } as const;

/** Worse is less. */
export function rank({ verdict }: Pick<SiteVerdict, 'verdict'>): number {
  return VERDICT_RANK[verdict];
}

export function byWeight(a: JudgedSite, b: JudgedSite): number {
  return rank(a) - rank(b) || b.bytes - a.bytes || a.place.line - b.place.line;
}
