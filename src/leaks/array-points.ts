import type { LoopPoint } from './low-points.js';

/** How many elements an array had in a loop. */
export interface ArrayPoint extends LoopPoint {
  readonly elements: number;
  /** The loop of the look before. */
  readonly since: number;
}

/** By how much each point is higher than the one before. */
export function stepsOf(points: readonly ArrayPoint[]): number[] {
  return points.slice(1).map(({ elements }, i) => elements - points[i]!.elements);
}

/** How many points are higher than the one before. */
export function risesOf(points: readonly ArrayPoint[]): number {
  return stepsOf(points).filter((step) => step > 0).length;
}

/** Elements a loop from the first point to the last. */
export function slopeOf(points: readonly ArrayPoint[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.loop === first.loop) return 0;
  return (last.elements - first.elements) / (last.loop - first.loop);
}

/** Whether one more look was had after the last point, and found no other number of elements. */
export function isDue(points: readonly ArrayPoint[], lastLoop: number): boolean {
  const last = points.at(-1);
  return last !== undefined && lastLoop - last.loop > 2 * (last.loop - last.since);
}
