export { median } from '../src/leaks/statistics.js';

/**
 * A quarter of the values are smaller than this one. For the windows of one measurement: other work on the machine can
 * only make a window longer. NaN of none.
 */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 4)] ?? NaN;
}
