import { isDue, risesOf, slopeOf, stepsOf } from './array-points.js';
import type { ArrayPoint } from './array-points.js';
import { alwaysRises, undecided } from './few-looks.js';
import { SiteHistory } from './site-history.js';
import { judgeSite } from './verdict.js';
import type { SiteVerdict } from './verdict.js';

/** Elements that came to an array in a loop. */
interface Arrival {
  readonly loop: number;
  elements: number;
}

/**
 * Judges an array by points, ascending by loop, as a line whose blocks are the elements that it has more than at the
 * first point after warm-up. What came between two looks came evenly, as far as anybody knows. Which elements go when it
 * gets shorter is not known either: those that came last are taken for it, so that a buffer that fills and is emptied
 * keeps nothing.
 *
 * @param loops settled loops after warm-up
 */
export function judgeArray(
  points: readonly ArrayPoint[],
  { loops, warmup, elementBytes }: { readonly loops: number; readonly warmup: number; readonly elementBytes: number },
): SiteVerdict {
  const judged = judgedPoints(points, warmup, warmup + loops);
  const unit = Math.max(1, Math.ceil(loops / MOST_UNITS));
  const bytesPerLoop = slopeOf(judged) * elementBytes;
  const site = judgeSite(lineOf(judged, warmup, unit, elementBytes), Math.floor(seenOf(judged, warmup, loops) / unit));
  const { evidence, openLoops } = site;
  const verdict = {
    ...site,
    bytesPerLoop,
    evidence: {
      ...evidence,
      loops,
      grewInLoops: evidence.grewInLoops * unit,
      loopsSinceGrowth: evidence.loopsSinceGrowth * unit,
      ...(evidence.moreLoops === undefined ? {} : { moreLoops: evidence.moreLoops * unit }),
    },
    ...(openLoops === undefined ? {} : { openLoops: openLoops * unit }),
  };
  const isGrowing = site.verdict === 'leak' || site.verdict === 'pending';
  if (judged.length <= FEWEST_RISES && alwaysRises(points) && !isDue(points, warmup + loops)) {
    return undecided(verdict, points, elementBytes);
  }
  const rests = bytesPerLoop <= 0 || risesOf(judged) < FEWEST_RISES || comesBack(judged) || mayWander(judged);
  return isGrowing && rests ? { ...verdict, verdict: 'bounded' } : verdict;
}

/**
 * Those after warm-up. Loops that are under way at the end of the trace are not judged: of what the first look after the
 * last judged loop found, that part which came by then.
 */
function judgedPoints(points: readonly ArrayPoint[], warmup: number, lastLoop: number): ArrayPoint[] {
  const judged = points.filter(({ loop }) => loop > warmup && loop <= lastLoop);
  const [last, next] = [judged.at(-1), points.find(({ loop }) => loop > lastLoop)];
  if (last === undefined || next === undefined) return judged;
  const since = Math.max(last.loop, next.since);
  if (since >= lastLoop) return judged;
  const came = Math.floor(((next.elements - last.elements) * (lastLoop - since)) / (next.loop - since));
  return [...judged, { loop: lastLoop, since, elements: last.elements + came }];
}

/** How many of the loops were looked at: what came after the last look is not known before the next one. */
function seenOf(points: readonly ArrayPoint[], warmup: number, loops: number): number {
  const last = points.at(-1);
  if (!last) return loops;
  return isDue(points, warmup + loops) ? loops : last.loop - warmup;
}

/** The line that an array is judged as, by units of so many loops. */
function lineOf(points: readonly ArrayPoint[], warmup: number, unit: number, elementBytes: number): SiteHistory {
  const line = new SiteHistory(NOWHERE, 0);
  const unitOf = (loop: number): number => Math.floor((loop - warmup - 1) / unit) + 1;
  const arrived: Arrival[] = [];
  const first = points[0]?.elements ?? 0;
  let [before, last] = [0, 0];
  for (const [i, { loop, since, elements }] of points.entries()) {
    const now = unitOf(loop);
    const more = Math.max(0, elements - first) - before;
    before += more;
    // A point may stand for two looks.
    const from = Math.max(last, unitOf(2 * since - loop), 0);
    for (const { at, count } of evenly(more, i === 0 ? now - 1 : Math.min(from, now - 1), now)) {
      line.beginLoop();
      line.addResidue(at, { ...OF_NO_SITE, ...amountOf(count, elementBytes) });
      line.endLoop(at);
      arrived.push({ loop: at, elements: count });
    }
    line.beginLoop();
    for (const gone of takeLast(arrived, -more)) {
      line.addLateFree(now, { ...OF_NO_BIRTH, birthLoop: gone.loop, ...amountOf(gone.elements, elementBytes) });
    }
    line.endLoop(now);
    last = now;
  }
  return line;
}

/** So many elements over the units after `from` and up to `to`. */
function evenly(elements: number, from: number, to: number): { readonly at: number; readonly count: number }[] {
  const parts = Math.max(0, Math.min(elements, to - from));
  return Array.from({ length: parts }, (_, part) => ({
    at: from + Math.ceil(((part + 1) * (to - from)) / parts),
    count: Math.floor(((part + 1) * elements) / parts) - Math.floor((part * elements) / parts),
  }));
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
  return stepsOf(points).some((step) => step < 0);
}

/**
 * Whether an array that gets shorter, too, may be as long as it is by chance: as a queue to which as much comes as goes.
 * What comes and goes at random adds up to the root of the sum of its squares.
 */
function mayWander(points: readonly ArrayPoint[]): boolean {
  const squares = stepsOf(points).reduce((sum, step) => sum + step ** 2, 0);
  const grown = (points.at(-1)?.elements ?? 0) - (points[0]?.elements ?? 0);
  return hasFallen(points) && grown < CLEAR * Math.sqrt(squares);
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

/** Loops are judged in so many units at most: what it takes to judge an array is bounded. */
const MOST_UNITS = 2048;
/** Fewer are what is made once each, and a few elements take next to nothing. */
const FEWEST_RISES = 4;
/** Two of each quarter. */
const FEWEST_POINTS = 8;
/** Standard deviations: chance alone goes so far in one of a thousand traces. */
const CLEAR = 3;
const NOWHERE = { hook: 0, file: null, line: 0, function: null, outside: false };
const OF_NO_SITE = { site: 0, path: 0, outside: false };
const OF_NO_BIRTH = { site: null, birthSite: 0, birthPath: 0, outside: false };
