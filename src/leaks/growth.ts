import type { NewMaxima } from './new-maxima.js';
import type { SiteHistory } from './site-history.js';
import { sliceTrend } from './slices.js';
import type { SurvivorSeries } from './survivor-series.js';

/** Loops after warm-up below which nothing that grows is judged. */
export const FEWEST_LOOPS = 5;

/**
 * Blocks that nothing frees pile up: blocks older than any that was ever seen to end are alive from at least 4 loops,
 * these loops are spread over the window, they go on to its end, and they do not get rarer. Told from survivors alone,
 * so the churn of a line does not hide it. `loops` is the window's length.
 */
export function accumulates(site: SiteHistory, loops: number): boolean {
  return pilesUp(site, site.survivors, loops);
}

/** The same of some of the line's blocks: of those that something holds. */
export function pilesUp(site: SiteHistory, survivors: SurvivorSeries, loops: number): boolean {
  const lifetime = site.oldestDeath > 1 ? site.oldestDeath : 0;
  // A lifetime is believed when the window is twice as long: blocks had the time to outlive it.
  if (loops < 2 * lifetime) return false;
  const span = loops - lifetime;
  if (span < FEWEST_LOOPS) return false;
  const old = survivors.list().filter(({ firstLoop }) => firstLoop <= span);
  if (old.length < FEWEST_EVENTS) return false;
  const gaps = new EventGaps();
  for (const { lastLoop } of old) gaps.add(Math.min(lastLoop, span));
  const first = old[0]!.firstLoop;
  if (gaps.last - first < span / 3) return false;
  return span - gaps.last <= gaps.usualQuiet() && !declines(old, span);
}

/**
 * The settled level climbs: blocks come faster than they go, in all slices of the window and to its end. For lines
 * that also free, such as a list from which something is removed now and then.
 */
export function climbs(site: SiteHistory, loops: number): boolean {
  const { settledBlocks, levels } = site.trackers;
  if (settledBlocks.count < FEWEST_EVENTS) return false;
  if (loops - settledBlocks.last > settledBlocks.usualQuiet()) return false;
  const blocks = sliceTrend(0, loops, (loop) => levels.at(loop).settledBlocks);
  const bytes = sliceTrend(0, loops, (loop) => levels.at(loop).settledBytes);
  return blocks.t > CLEAR_TREND && bytes.t > 3 && blocks.lateOverEarly >= LASTING;
}

/**
 * The blocks do not become more but bigger: a string that is appended to, an array that doubles. Judged since the
 * number of blocks last grew. The level rises again and again, hardly ever falls (or rises far beyond its noise), and
 * its rests are no longer than twice the one before, which is how a table that doubles behaves while it is filled.
 */
export function blocksGrow(site: SiteHistory, loops: number): boolean {
  const { inBlock, levels } = site.trackers;
  const { count, start, last, lastGap } = inBlock;
  if (count < FEWEST_EVENTS) return false;
  if (loops - last > Math.max(inBlock.usualQuiet(), DOUBLING_REST * lastGap)) return false;
  if (last - start < loops / 3) return false;
  if (site.fallsInBlock <= count / 10) return true;
  if (loops - start < 3 * 8) return false;
  const trend = sliceTrend(start, loops, (loop) => levels.at(loop).liveBytes);
  return trend.t > CLEAR_TREND && trend.lateOverEarly >= LASTING;
}

/** Growth has ended: for long enough, by its own scale, nothing has reached a new maximum. */
export function rests(site: SiteHistory, loops: number): boolean {
  return restLacking(site, loops) <= 0;
}

/** How many loops more without growth would make it `rests`. */
export function restLacking(site: SiteHistory, loops: number): number {
  const { settledBlocks, inBlock } = site.trackers;
  return Math.max(lackingFor(settledBlocks, loops), lackingFor(inBlock, loops));
}

/**
 * What comes goes: in the second half of the window, or since the number of blocks came to rest, as much was freed as
 * was left behind, within a fifth, and the level has no trend. New maxima of such a line are chance.
 */
export function turnsOver(site: SiteHistory, loops: number): boolean {
  const { levels, settledBlocks } = site.trackers;
  const blocksRest = lackingFor(settledBlocks, loops) <= 0;
  const from = Math.max(Math.floor(loops / 2), blocksRest ? settledBlocks.last : 0);
  const begin = levels.at(from);
  const end = levels.at(loops);
  const bornBlocks = end.bornBlocks - begin.bornBlocks;
  const bornBytes = end.bornBytes - begin.bornBytes;
  if (bornBlocks === 0) return false;
  // A block that only grows, a step now and then, is freed as often as it is born, too.
  if (site.falls < site.trackers.heights.count / 4) return false;
  if (end.diedBlocks - begin.diedBlocks < 0.8 * bornBlocks) return false;
  if (end.diedBytes - begin.diedBytes < 0.8 * bornBytes) return false;
  return sliceTrend(blocksRest ? from : 0, loops, (loop) => levels.at(loop).liveBytes).t < 2;
}

/** What a site left behind in the second half of the window, blocks. */
export function bornLate(site: SiteHistory, loops: number): number {
  const { levels } = site.trackers;
  return levels.at(loops).bornBlocks - levels.at(Math.floor(loops / 2)).bornBlocks;
}

/** Gaps between loops that left survivors, from the window's start. */
class EventGaps {
  last = 0;
  private count = 0;
  private squares = 0;

  add(loop: number): void {
    this.squares += (loop - this.last) ** 2;
    this.last = loop;
    this.count++;
  }

  /** As of NewMaxima, but four standard deviations: survivors have no chance maxima that must be kept out. */
  usualQuiet(): number {
    const mean = this.last / this.count;
    return Math.max(1, mean + 4 * Math.sqrt(Math.max(0, this.squares / this.count - mean ** 2)));
  }
}

/** The second half has less than half of the survivors of the first, and chance does not explain it. */
function declines(old: readonly { firstLoop: number; lastLoop: number; blocks: number }[], span: number): boolean {
  const half = span / 2;
  const stretch = old[0]!.lastLoop - old[0]!.firstLoop + 1;
  const cells = Math.max(1, half / stretch);
  const early = moments(
    old.filter((cell) => cell.firstLoop <= half).map((cell) => cell.blocks),
    cells,
  );
  const late = moments(
    old.filter((cell) => cell.firstLoop > half).map((cell) => cell.blocks),
    cells,
  );
  if (late.mean >= early.mean / 2) return false;
  return (early.mean - late.mean) / Math.sqrt((early.variance + late.variance) / cells) > 2;
}

/** Mean and variance over `cells` values of which those not given are 0. */
function moments(values: readonly number[], cells: number): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / cells;
  const squares = values.reduce((sum, value) => sum + value ** 2, 0) / cells;
  return { mean, variance: Math.max(0, squares - mean ** 2) };
}

function lackingFor(maxima: NewMaxima, loops: number): number {
  if (maxima.count === 0) return 0;
  // An eighth of the window is one slice; below five loops nothing is told.
  return Math.max(maxima.quietThatEnds(), loops / 8, FEWEST_LOOPS) - (loops - maxima.last);
}

/** Growths below which a leak is not told from a table that was set up in a few steps. */
const FEWEST_EVENTS = 4;
/** Student's t for 8 slices: chance exceeds it in less than 2 of 1000 trends. */
const CLEAR_TREND = 4.5;
/** A line that fills something up slows down below this share of its earlier pace before it stops. */
const LASTING = 0.4;
/** A table that is filled evenly doubles at twice the time of the doubling before; a tenth for jitter. */
const DOUBLING_REST = 2.2;
