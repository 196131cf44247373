/** A site at a loop's end. The born and died counts run from the end of warm-up. */
export interface LevelPoint {
  /** Counted from the end of warm-up. */
  readonly loop: number;
  /** Settled blocks: those that neighbours did not offset. */
  readonly settledBlocks: number;
  readonly settledBytes: number;
  /** All that was alive. */
  readonly liveBytes: number;
  readonly bornBlocks: number;
  readonly bornBytes: number;
  readonly diedBlocks: number;
  readonly diedBytes: number;
}

/**
 * The levels of a site over any number of loops in bounded memory: the last point of each stretch of loops is kept, and
 * the stretches double in length as points come to be too many.
 */
export class LevelSeries<Point extends { readonly loop: number } = LevelPoint> {
  private points: Point[] = [];
  private stretch = 1;

  /** @param base what holds until the first point. */
  constructor(private readonly base: Point) {}

  /** Loops come in ascending order; loops without a change are left out. */
  add(point: Point): void {
    const last = this.points.at(-1);
    if (last && this.stretchOf(last) === this.stretchOf(point)) this.points.pop();
    this.points.push(point);
    while (this.points.length > MAX_POINTS) this.halve();
  }

  /** What held at the end of a loop, up to the length of a stretch late. */
  at(loop: number): Point {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.points[middle]!.loop <= loop) low = middle + 1;
      else high = middle;
    }
    return this.points[low - 1] ?? this.base;
  }

  private halve(): void {
    this.stretch *= 2;
    const { points } = this;
    this.points = points.filter((point, i) => {
      const next = points[i + 1];
      return !next || this.stretchOf(next) !== this.stretchOf(point);
    });
  }

  private stretchOf(point: Point): number {
    return Math.floor((point.loop - 1) / this.stretch);
  }
}

/** Eight slices of at least 16 points each, in about 30 kB a site that changes in every loop. */
const MAX_POINTS = 256;
