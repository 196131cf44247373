import type { LevelPoint } from './level-series.js';
import type { NewMaxima } from './new-maxima.js';
import { isSteady, MANY_EVENTS, paceOf, slows, type Pace } from './pace.js';
import type { SiteHistory } from './site-history.js';
import { sliceTrend } from './slices.js';
import type { SurvivorSeries } from './survivor-series.js';

/** Loops after warm-up below which nothing that grows is judged. */
export const FEWEST_LOOPS = 5;

/**
 * Blocks become more and more: they pile up, or come faster than they go, and neither slows that down as if something
 * were being filled, nor was all of it dropped at once before.
 */
export function growsInBlocks(site: SiteHistory, loops: number): boolean {
  const pace = survivorPace(site, site.survivors, loops);
  if (!accumulates(pace) && !climbs(site, loops)) return false;
  return !(pace && slows(pace)) && !site.flushes.mayComeAgain(loops);
}

/** Some of a line's blocks, which something holds, become more and more. */
export function pilesUp(site: SiteHistory, survivors: SurvivorSeries, loops: number): boolean {
  const pace = survivorPace(site, survivors, loops);
  return pace !== undefined && accumulates(pace) && !slows(pace);
}

/**
 * Blocks that nothing frees pile up: blocks older than any that was ever seen to end are alive from at least 4 loops
 * (5 where they come by chance), these loops are spread over the window, and they go on to its end. Told from survivors
 * alone, so the churn of a line does not hide it.
 */
function accumulates(pace: SurvivorPace | undefined): boolean {
  if (pace === undefined) return false;
  const { events, first, last, usualQuiet, isRegular, span } = pace;
  if (events < (isRegular ? FEWEST_EVENTS : FEWEST_BY_CHANCE)) return false;
  if (last - first < span / 3) return false;
  return span - last <= usualQuiet;
}

/**
 * How many loops more it takes until what piles up is told from what is made once each, and from what is filled ever
 * slower; 0 where it is.
 */
export function steadinessLacking(site: SiteHistory, loops: number): number {
  const pace = survivorPace(site, site.survivors, loops);
  if (pace === undefined || isSteady(pace)) return 0;
  return Math.ceil(Math.max(loops * Math.max(0, MANY_EVENTS / pace.events - 1), loops / 8));
}

/** A pace, and the loops of the window that it is of. */
type SurvivorPace = Pace & { readonly span: number };

/** The pace at which blocks came that are older than any that was seen to end; undefined where that tells nothing. */
function survivorPace(site: SiteHistory, survivors: SurvivorSeries, loops: number): SurvivorPace | undefined {
  const lifetime = site.oldestDeath > 1 ? site.oldestDeath : 0;
  const span = loops - lifetime;
  // A lifetime is believed when the window is twice as long: blocks had the time to outlive it.
  if (loops < 2 * lifetime || span < FEWEST_LOOPS) return undefined;
  const old = survivors.list().filter(({ firstLoop }) => firstLoop <= span);
  return old.length === 0 ? undefined : { ...paceOf(old, span), span };
}

/**
 * The settled level climbs: blocks come faster than they go, in all slices of the window and to its end. For lines
 * that also free, such as a list from which something is removed now and then.
 */
function climbs(site: SiteHistory, loops: number): boolean {
  const { settledBlocks, levels } = site.trackers;
  if (settledBlocks.count < FEWEST_EVENTS) return false;
  if (loops - settledBlocks.last > settledBlocks.usualQuiet()) return false;
  const blocks = sliceTrend(0, loops, (loop) => levels.at(loop).settledBlocks);
  const bytes = sliceTrend(0, loops, (loop) => levels.at(loop).settledBytes);
  return blocks.t > CLEAR_TREND && bytes.t > 3 && blocks.lateOverEarly >= LASTING && !slows(blocks, SLOWER_SLICES);
}

/**
 * The blocks do not become more but bigger: a string that is appended to, an array that doubles. Judged since the
 * number of blocks last grew. The level rises again and again, hardly ever falls (or rises far beyond its noise), and
 * its rests are no longer than twice the one before, which is how a table that doubles behaves while it is filled.
 */
export function blocksGrow(site: SiteHistory, loops: number): boolean {
  const { inBlock, levels } = site.trackers;
  const { count, start, last, lastGap, maxGap } = inBlock;
  if (count < FEWEST_EVENTS) return false;
  if (isExchanged(site) && maxGap > (last - start) / 2) return false;
  if (loops - last > Math.max(inBlock.usualQuiet(), DOUBLING_REST * lastGap)) return false;
  if (last - start < loops / 3) return false;
  if (site.fallsInBlock <= count / 10) return true;
  if (loops - start < 3 * 8) return false;
  const trend = sliceTrend(start, loops, (loop) => levels.at(loop).liveBytes);
  return trend.t > CLEAR_TREND && trend.lateOverEarly >= LASTING;
}

/**
 * Blocks that have lived for some loops are exchanged for others far more often than the line's memory grows, as in a full
 * cache. Their sizes rise and fall by what is put in, and a rise after a long rest is the beginning of nothing. A block
 * that each loop copies to a bigger one lives for one loop.
 */
function isExchanged(site: SiteHistory): boolean {
  return site.lateFreedBlocks > EXCHANGES_A_GROWTH * site.trackers.inBlock.count;
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
  const trendOf = (level: (point: LevelPoint) => number): number =>
    sliceTrend(blocksRest ? from : 0, loops, (loop) => level(levels.at(loop))).t;
  return (
    Math.max(
      trendOf(({ liveBytes }) => liveBytes),
      trendOf(({ settledBlocks }) => settledBlocks),
    ) < 2
  );
}

/** What a site left behind in the second half of the window, blocks. */
export function bornLate(site: SiteHistory, loops: number): number {
  const { levels } = site.trackers;
  return levels.at(loops).bornBlocks - levels.at(Math.floor(loops / 2)).bornBlocks;
}

function lackingFor(maxima: NewMaxima, loops: number): number {
  if (maxima.count === 0) return 0;
  // An eighth of the window is one slice; below five loops nothing is told.
  return Math.max(maxima.quietThatEnds(), loops / 8, FEWEST_LOOPS) - (loops - maxima.last);
}

/** Growths below which a leak is not told from a table that was set up in a few steps. */
const FEWEST_EVENTS = 4;
const FEWEST_BY_CHANCE = 5;
/** Student's t for 8 slices: chance exceeds it in less than 2 of 1000 trends. */
const CLEAR_TREND = 4.5;
/** Of the slope through 8 slices, as of Student's t: chance exceeds it in 23 of 1000. */
const SLOWER_SLICES = 2.5;
/** A block that is made bigger dies once a growth. */
const EXCHANGES_A_GROWTH = 2;
/** A line that fills something up slows down below this share of its earlier pace before it stops. */
const LASTING = 0.4;
/** A table that is filled evenly doubles at twice the time of the doubling before; a tenth for jitter. */
const DOUBLING_REST = 2.2;
