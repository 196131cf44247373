import type { Collector, HeldRecord } from '../trace/records.js';
import type { SiteVerdict, Verdict } from './verdict.js';

/**
 * What a line's verdict becomes when it is known what holds its blocks. A line that piles up, or seems to, makes
 * garbage where most of its blocks can only be reached from each other: no leak as long as the collector takes them.
 * Blocks that nothing refers to are lost for good. PHP's table of all objects is no line's leak.
 */
export function verdictWhenHeld(
  { verdict }: Pick<SiteVerdict, 'verdict'>,
  held: HeldRecord | undefined,
  collector: Collector | null,
): Verdict {
  if (held === undefined || (verdict !== 'leak' && verdict !== 'pending')) return verdict;
  const seen = held.blocks - held.missing;
  // It doubles for the most objects that there are at once, and never shrinks; objects that pile up have lines of their own.
  if ((held.objectTables ?? 0) * 2 > seen) return 'bounded';
  if (held.cycle * 2 > seen) return collector?.enabled === false ? verdict : 'cycle';
  if (verdict === 'leak' && held.orphan * 2 > seen) return 'orphan';
  return verdict;
}

/** True where blocks pile up that the collector would take if it ran. */
export function isUncollected(held: HeldRecord | undefined, collector: Collector | null): boolean {
  return held !== undefined && collector?.enabled === false && held.cycle * 2 > held.blocks - held.missing;
}
