import type { Survivors } from './survivor-series.js';

/** How steadily something came, loop by loop. */
export interface Pace {
  /** Loops, or stretches of neighbouring loops, in which some came. */
  readonly events: number;
  /** The first and the last of them. */
  readonly first: number;
  readonly last: number;
  /** Loops without an event that are still usual: the mean gap and four standard deviations. At least 1. */
  readonly usualQuiet: number;
  /** The gaps are alike: few events tell as much as many. */
  readonly isRegular: boolean;
  /** Standard deviations by which later loops brought more (less than zero: fewer) than earlier ones, by the trend. */
  readonly trend: number;
  /** By how much the trend has changed the rate from the first loop to the last, as a share of its mean. */
  readonly change: number;
}

/** The pace at which blocks came in the loops 1 to `span` that are still alive; at least one has to be. */
export function paceOf(survivors: readonly Survivors[], span: number): Pace {
  let [before, squares] = [0, 0];
  let [blocks, blockSquares, moment] = [0, 0, 0];
  const stretch = survivors[0]!.lastLoop - survivors[0]!.firstLoop + 1;
  const cells = Math.max(1, span / stretch);
  for (const cell of survivors) {
    const last = Math.min(cell.lastLoop, span);
    squares += (last - before) ** 2;
    before = last;
    blocks += cell.blocks;
    blockSquares += cell.blocks ** 2;
    moment += cell.blocks * ((cell.firstLoop + last) / 2 - (span + 1) / 2);
  }
  const meanGap = before / survivors.length;
  const gapDeviation = Math.sqrt(Math.max(0, squares / survivors.length - meanGap ** 2));
  const variance = Math.max(0, blockSquares / cells - (blocks / cells) ** 2);
  // Of numbers 1 to n the squares of the distances from their middle add up to n (n^2 - 1) / 12.
  const spread = (cells * (span ** 2 - stretch ** 2)) / 12;
  const deviation = Math.sqrt(variance * spread);
  return {
    events: survivors.length,
    first: survivors[0]!.firstLoop,
    last: before,
    usualQuiet: Math.max(1, meanGap + 4 * gapDeviation),
    isRegular: gapDeviation <= meanGap / 4,
    trend: deviation === 0 ? 0 : moment / deviation,
    change: spread === 0 ? 0 : (moment / spread) * (cells / blocks) * span,
  };
}

/**
 * It came more and more seldom, by more than chance explains: as into a cache that fills. Chance alone slows one leak in
 * 40 down by two standard deviations.
 */
export function slows({ trend, change }: Pick<Pace, 'trend' | 'change'>, deviations = 2): boolean {
  return trend < -deviations && change < NOTABLE;
}

/** Neither chance nor a cache that slows down explains it: many events, and none of the later ones are missing. */
export function isSteady({ events, isRegular, trend, change }: Pace): boolean {
  return (events >= MANY_EVENTS || isRegular) && (trend > UNSLOWED || change > NOTABLE);
}

/** How many events, where they come by chance, tell a leak from things that are made once each. */
export const MANY_EVENTS = 32;
/** Standard deviations. */
const UNSLOWED = -0.5;
/** What slows down by less goes on for twenty times as many loops as were seen. */
const NOTABLE = -0.05;
