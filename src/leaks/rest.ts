import type { NewMaxima } from './new-maxima.js';

/**
 * So many loops without growth exclude a leak that shows itself in one loop of a hundred: chance keeps such a leak
 * silent for so long less than once in 20,000 times (e^-10).
 */
export const RARE_LOOPS = 1000;

/**
 * For how many loops more a level must rest before it is excluded that it grows on, by chance more and more rarely: it
 * grew n times in T loops, so that with a rate of which nothing else is known it stays silent for q loops with
 * probability (1 + q/T)^-n. At most what excludes a rare leak; twice that where it grew again and again.
 */
export function loopsToBeSure(
  { count, start, last }: Pick<NewMaxima, 'count' | 'start' | 'last'>,
  loops: number,
): number {
  if (count === 0) return 0;
  const silence = (last - start) * (CHANCE ** (-1 / count) - 1);
  return Math.max(0, Math.ceil(Math.min(silence, count < FEW ? RARE_LOOPS : 2 * RARE_LOOPS) - (loops - last)));
}

const CHANCE = 0.00001;
/** Growths that may well be the only ones. */
const FEW = 4;
