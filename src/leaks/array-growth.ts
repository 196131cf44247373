import type { LoopPoint } from './low-points.js';
import { SiteHistory } from './site-history.js';
import { judgeSite } from './verdict.js';
import type { SiteVerdict } from './verdict.js';

/** How many elements an array had in a loop. */
export interface ArrayPoint extends LoopPoint {
  readonly elements: number;
}

/** Elements that came to an array in a loop. */
interface Arrival {
  readonly loop: number;
  elements: number;
}

/**
 * Judges an array by points after warm-up, ascending by loop, as a line whose blocks are the elements that it has more
 * than at the first point. Which elements go when it gets shorter is not known: those that came last are taken for it,
 * so that a buffer that fills and is emptied keeps nothing.
 *
 * @param loops settled loops after warm-up
 */
export function judgeArray(
  points: readonly ArrayPoint[],
  { loops, warmup, elementBytes }: { readonly loops: number; readonly warmup: number; readonly elementBytes: number },
): SiteVerdict {
  const line = new SiteHistory(NOWHERE, warmup);
  const first = points[0]?.elements ?? 0;
  const arrived: Arrival[] = [];
  let before = 0;
  for (const { loop, elements } of points) {
    // Loops that are under way at the end of the trace are not judged.
    if (loop > warmup + loops) break;
    const more = Math.max(0, elements - first) - before;
    before += more;
    line.beginLoop();
    if (more > 0) {
      line.addResidue(loop, { ...OF_NO_SITE, ...amountOf(more, elementBytes) });
      arrived.push({ loop, elements: more });
    }
    for (const gone of takeLast(arrived, -more)) {
      const amount = amountOf(gone.elements, elementBytes);
      line.addLateFree(loop, { ...OF_NO_BIRTH, birthLoop: gone.loop, ...amount });
    }
    line.endLoop(loop);
  }
  const judged = { ...judgeSite(line, loops), bytesPerLoop: slopeOf(points) * elementBytes };
  const isGrowing = judged.verdict === 'leak' || judged.verdict === 'pending';
  if (isGrowing && (judged.evidence.grewInLoops < FEWEST_GROWTHS || comesBack(points)))
    return { ...judged, verdict: 'bounded' };
  if (judged.verdict !== 'leak' || !mayWander(points)) return judged;
  return { ...judged, verdict: 'pending', evidence: { ...judged.evidence, moreLoops: loops }, openLoops: loops };
}

/**
 * Whether an array is, at the end, as short again and again as it was in the beginning: within half of what it went up
 * and down by then.
 */
function comesBack(points: readonly ArrayPoint[]): boolean {
  if (points.length < FEWEST_POINTS) return false;
  const quarter = Math.floor(points.length / 4);
  const [first, last] = [points.slice(0, quarter), points.slice(-quarter)].map((part) =>
    part.map(({ elements }) => elements),
  ) as [number[], number[]];
  const rise = Math.min(...last) - Math.min(...first);
  return rise <= 0 || (rise < (Math.max(...first) - Math.min(...first)) / 2 && hasFallen(points));
}

function hasFallen(points: readonly ArrayPoint[]): boolean {
  return points.some(({ elements }, i) => elements < (points[i - 1]?.elements ?? elements));
}

/**
 * Whether an array that gets shorter, too, may be as long as it is by chance: as a queue to which as much comes as goes.
 * What comes and goes at random adds up to the root of the sum of its squares.
 */
function mayWander(points: readonly ArrayPoint[]): boolean {
  const squares = points.reduce(
    (sum, { elements }, i) => sum + (elements - (points[i - 1]?.elements ?? elements)) ** 2,
    0,
  );
  const grown = (points.at(-1)?.elements ?? 0) - (points[0]?.elements ?? 0);
  return hasFallen(points) && grown < CLEAR * Math.sqrt(squares);
}

/** Elements a loop from the first point to the last. */
function slopeOf(points: readonly ArrayPoint[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.loop === first.loop) return 0;
  return (last.elements - first.elements) / (last.loop - first.loop);
}

/** Takes so many elements out, those that came last first. */
function takeLast(arrived: Arrival[], elements: number): Arrival[] {
  const taken: Arrival[] = [];
  for (let left = elements; left > 0;) {
    const last = arrived.at(-1);
    if (!last) break;
    const of = Math.min(left, last.elements);
    taken.push({ loop: last.loop, elements: of });
    last.elements -= of;
    left -= of;
    if (last.elements === 0) arrived.pop();
  }
  return taken;
}

function amountOf(elements: number, elementBytes: number): { blocks: number; bytes: number } {
  return { blocks: elements, bytes: elements * elementBytes };
}

/** Fewer are what is made once each, and a few elements take next to nothing. */
const FEWEST_GROWTHS = 4;
/** Two of each quarter. */
const FEWEST_POINTS = 8;
/** Standard deviations: chance alone goes so far in one of a thousand traces. */
const CLEAR = 3;
const NOWHERE = { hook: 0, file: null, line: 0, function: null, outside: false };
const OF_NO_SITE = { site: 0, path: 0, outside: false };
const OF_NO_BIRTH = { site: null, birthSite: 0, birthPath: 0, outside: false };
