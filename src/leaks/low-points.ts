/** Something that was seen when a process had begun so many loops. */
export interface LoopPoint {
  readonly loop: number;
}

/**
 * What was seen along the loops of one hook, in bounded memory: of each stretch of loops the lowest point stays, for
 * what comes and goes within a loop can only add to a point. Where there are too many stretches, they become longer.
 */
export class LowPoints<Point extends LoopPoint> {
  private cells = new Map<number, Point>();
  private stretch = 1;

  /** @param heightOf what of a point is to be low */
  constructor(private readonly heightOf: (point: Point) => number) {}

  add(point: Point): void {
    this.keep(point);
    while (this.cells.size > MOST_CELLS) this.halve();
  }

  /** Ascending by loop. */
  get all(): readonly Point[] {
    return [...this.cells.values()].sort((a, b) => a.loop - b.loop);
  }

  /** Those after the warm-up of so many loops. */
  after(warmup: number): readonly Point[] {
    return this.all.filter(({ loop }) => loop > warmup);
  }

  private halve(): void {
    this.stretch *= 2;
    const finer = this.cells;
    this.cells = new Map();
    for (const point of finer.values()) this.keep(point);
  }

  private keep(point: Point): void {
    const cell = Math.floor(point.loop / this.stretch);
    const known = this.cells.get(cell);
    if (known === undefined || this.heightOf(point) < this.heightOf(known)) this.cells.set(cell, point);
  }
}

const MOST_CELLS = 256;
