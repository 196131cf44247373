import type { LoopPoint } from './low-points.js';
import { lineThrough } from './slices.js';
import { mean, median } from './statistics.js';

/** What a process had outside of PHP's heap when it had begun so many loops. */
export interface OutsidePoint extends LoopPoint {
  readonly residentBytes: number;
  readonly mappedBytes: number;
}

/** How the memory outside of PHP's heap stood to the loops: what malloc and mmap gave to PHP, extensions and libraries. */
export interface OutsideGrowth {
  /** True where it grows from loop to loop, all through the trace and to its end. */
  readonly grows: boolean;
  /** From the first to the last of the points below. */
  readonly loops: number;
  readonly bytes: number;
  readonly bytesPerLoop: number;
  /** Bytes a loop from each eighth of the points to the next, by the least that there was in each of them. */
  readonly rates: readonly number[];
}

/**
 * Judges the memory outside of PHP's heap by points after warm-up, ascending by loop. Undefined where they are too few.
 *
 * Growth is only called so where nothing innocent that is known looks like it: it goes on in nearly every part and to
 * the end, does not slow down as what is filled does, is not made of one or two steps as what is loaded late, comes to
 * more than allocators keep by themselves and not far less than what comes and goes within loops, and the process has
 * got about as much more memory from the kernel, so that it is not old memory that is touched for the first time.
 */
export function judgeOutside(points: readonly OutsidePoint[]): OutsideGrowth | undefined {
  const parts = partsOf(points);
  if (parts === undefined) return undefined;
  const lows = parts.map(lowest);
  const [first, last] = [lows[0]!, lows.at(-1)!];
  const bytes = last.residentBytes - first.residentBytes;
  const loops = last.loop - first.loop;
  const bytesPerLoop = bytes / loops;
  const rates = lows.slice(1).map((low, i) => rateBetween(lows[i]!, low));
  const isMapped = last.mappedBytes - first.mappedBytes >= bytes / 2;
  const isNotable = bytes >= Math.max(NOTABLE_BYTES, QUARTER * median(parts.map(spreadOf)));
  const grows = isNotable && isMapped && isSteady(rates) && goesOn(parts.at(-1)!, bytesPerLoop);
  return { grows, loops, bytes, bytesPerLoop, rates };
}

/**
 * How many loops more it takes to tell whether the memory grows that was there at the end and not at the beginning; 0
 * where that is told, or so little that nobody would hear of it.
 */
export function outsideLacking(points: readonly OutsidePoint[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return 0;
  const loops = last.loop - first.loop;
  // Many loops may have come between two looks.
  if (points.length < FEW_POINTS) return Math.max(1, loops);
  const bytes = last.residentBytes - first.residentBytes;
  if (bytes < SUSPICIOUS_BYTES) return 0;
  const judged = judgeOutside(points);
  if (judged === undefined) return loops;
  if (judged.bytes >= NOTABLE_BYTES || !isSteady(judged.rates)) return 0;
  return Math.ceil(loops * (NOTABLE_BYTES / Math.max(judged.bytes, SUSPICIOUS_BYTES) - 1)) || 1;
}

/**
 * The points in parts of as many each, without the first part; undefined where they are too few. Not by time: a trace that
 * has other processes to attach to looks seldom meanwhile.
 */
function partsOf(points: readonly OutsidePoint[]): OutsidePoint[][] | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length < FEWEST_POINTS || !first || !last || last.loop - first.loop < FEWEST_LOOPS) return undefined;
  const bound = (part: number): number => Math.round((part * points.length) / (1 + PARTS));
  return Array.from({ length: PARTS }, (_, part) => points.slice(bound(part + 1), bound(part + 2)));
}

function lowest(points: readonly OutsidePoint[]): OutsidePoint {
  return points.reduce((least, point) => (point.residentBytes < least.residentBytes ? point : least));
}

/** What comes and goes within loops. */
function spreadOf(points: readonly OutsidePoint[]): number {
  return Math.max(...points.map(({ residentBytes }) => residentBytes)) - lowest(points).residentBytes;
}

function rateBetween(from: OutsidePoint, to: OutsidePoint): number {
  return (to.residentBytes - from.residentBytes) / (to.loop - from.loop);
}

function isSteady(rates: readonly number[]): boolean {
  const growing = rates.filter((rate) => rate > 0).length;
  const isOfSteps = median(rates) < HALF * mean(rates);
  const { trend, change } = lineThrough(rates);
  const slows = trend < -SLOWER && change < -SLOWING;
  return growing >= rates.length - 1 && !isOfSteps && !slows;
}

/** Between the halves of the last part, at a rate that is not far from the usual one: it has not come to rest there. */
function goesOn(part: readonly OutsidePoint[], bytesPerLoop: number): boolean {
  const half = part.length >> 1;
  return rateBetween(lowest(part.slice(0, half)), lowest(part.slice(half))) >= QUARTER * bytesPerLoop;
}

/** After a first one, in which allocators and libraries set themselves up. */
const PARTS = 8;
/** Four of each part: what comes and goes within a loop adds to many points, and the least is the one without. */
const FEWEST_POINTS = 4 * (1 + PARTS);
/** Those that show whether there is something to look at. */
const FEW_POINTS = 4;
const FEWEST_LOOPS = 24;
/** glibc asks the kernel for 132 kB at a time (M_TOP_PAD) and gives back what is more than that (M_TRIM_THRESHOLD). */
const NOTABLE_BYTES = 1024 * 1024;
const SUSPICIOUS_BYTES = NOTABLE_BYTES / 4;
const HALF = 0.5;
const QUARTER = 0.25;
/** Standard deviations, as of the lines of PHP. */
const SLOWER = 2.5;
/** Of the mean rate, from the first part to the last: pages and chance make a steady rate vary by a few hundredths. */
const SLOWING = 0.25;
