import { mean } from './statistics.js';

/** A rate of growth seen in equal slices of the window. */
export interface SliceTrend {
  /** Growth of each slice. */
  readonly perSlice: readonly number[];
  /** Mean over its standard error: how far the growth is from chance. Infinite where all slices grew alike. */
  readonly t: number;
  /** Growth a loop in the last quarter of the slices, over that in the slices before. */
  readonly lateOverEarly: number;
  /** Of a straight line through the rates: its slope over the slope's standard error. Infinite where all are on it. */
  readonly trend: number;
  /** By how much that line changes from the first loop to the last, as a share of the mean. */
  readonly change: number;
}

/** Cuts the loops `from` to `to` into (at most) 8 slices and compares how much `levelAt` grew in each. */
export function sliceTrend(from: number, to: number, levelAt: (loop: number) => number): SliceTrend {
  const bounds = sliceBounds(from, to);
  const slices = bounds.length - 1;
  const perSlice: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < slices; i++) {
    const growth = levelAt(bounds[i + 1]!) - levelAt(bounds[i]!);
    perSlice.push(growth);
    rates.push(growth / Math.max(1, bounds[i + 1]! - bounds[i]!));
  }
  const late = Math.max(1, Math.floor(slices / 4));
  const early = mean(rates.slice(0, -late));
  return {
    perSlice,
    t: meanOverError(rates),
    lateOverEarly: early > 0 ? mean(rates.slice(-late)) / early : Infinity,
    ...lineThrough(rates),
  };
}

/** Where the slices begin and end: one bound more than there are slices. They differ in length by one loop at most. */
export function sliceBounds(from: number, to: number): number[] {
  const slices = Math.max(1, Math.min(SLICES, to - from));
  return Array.from({ length: slices + 1 }, (_, i) => from + Math.round((i * (to - from)) / slices));
}

/** The straight line through rates of stretches of equal length, by least squares. */
export function lineThrough(rates: readonly number[]): Pick<SliceTrend, 'trend' | 'change'> {
  const average = mean(rates);
  const middle = (rates.length - 1) / 2;
  const spread = rates.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  if (spread === 0 || average === 0) return { trend: 0, change: 0 };
  const slope = rates.reduce((sum, rate, i) => sum + (i - middle) * rate, 0) / spread;
  const residue = rates.reduce((sum, rate, i) => sum + (rate - average - slope * (i - middle)) ** 2, 0);
  const error = Math.sqrt(residue / Math.max(1, rates.length - 2) / spread);
  return { trend: slope === 0 ? 0 : slope / error, change: (slope * rates.length) / average };
}

function meanOverError(values: readonly number[]): number {
  const average = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, values.length - 1);
  if (average === 0) return 0;
  return average / Math.sqrt(variance / values.length);
}

/** Enough for a standard deviation, few enough that a slice of the default 100 loops holds a dozen. */
const SLICES = 8;
