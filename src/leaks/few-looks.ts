import { risesOf, slopeOf, stepsOf } from './array-points.js';
import type { ArrayPoint } from './array-points.js';
import type { SiteVerdict } from './verdict.js';

/** Whether each look found it longer, by an element in each other loop. Looks within a loop tell nothing. */
export function alwaysRises(points: readonly ArrayPoint[]): boolean {
  const isMore = (more: number, i: number): boolean =>
    points[i + 1]!.loop - points[i]!.loop > 1 ? more > 0 : more >= 0;
  return slopeOf(points) >= OFTEN && stepsOf(points).every(isMore);
}

/** What is said where so few looks do not tell more than that each found the array longer. */
export function undecided(verdict: SiteVerdict, points: readonly ArrayPoint[], elementBytes: number): SiteVerdict {
  const [first, last] = [points[0]!, points.at(-1)!];
  const elements = last.elements - first.elements;
  return {
    ...verdict,
    verdict: 'pending',
    blocks: elements,
    bytes: elements * elementBytes,
    bytesPerLoop: slopeOf(points) * elementBytes,
    evidence: {
      ...verdict.evidence,
      grewInLoops: risesOf(points),
      survivors: elements,
      births: elements,
      bytesLast: elements * elementBytes,
      loopsSinceGrowth: 0,
      moreLoops: verdict.evidence.loops * MORE,
    },
  };
}

/** Elements a loop; what is rarer may be what a few loops were the first to meet. */
const OFTEN = 0.5;
/** So many times as many loops have enough looks. */
const MORE = 10;
