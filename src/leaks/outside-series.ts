import type { OutsideRecord } from '../trace/records.js';

/** What a process had outside of PHP's heap when it had begun so many loops. */
export interface OutsidePoint {
  readonly loop: number;
  readonly residentBytes: number;
  readonly mappedBytes: number;
}

/**
 * The memory of a process outside of PHP's heap along the loops of one hook, in bounded memory: of each stretch of loops
 * the smallest point stays, for what comes and goes within a loop can only add to a point. Where there are too many
 * stretches, they become longer.
 */
export class OutsideSeries {
  private cells = new Map<number, OutsidePoint>();
  private stretch = 1;

  constructor(private readonly hook: number) {}

  add({ loops, residentBytes, mappedBytes }: OutsideRecord): void {
    this.keep({ loop: loops[this.hook] ?? 0, residentBytes, mappedBytes });
    while (this.cells.size > MOST_CELLS) this.halve();
  }

  /** Ascending by loop, those after the warm-up of so many loops. */
  after(warmup: number): readonly OutsidePoint[] {
    return [...this.cells.values()].filter(({ loop }) => loop > warmup).sort((a, b) => a.loop - b.loop);
  }

  private halve(): void {
    this.stretch *= 2;
    const finer = this.cells;
    this.cells = new Map();
    for (const point of finer.values()) this.keep(point);
  }

  private keep(point: OutsidePoint): void {
    const cell = Math.floor(point.loop / this.stretch);
    const known = this.cells.get(cell);
    if (known === undefined || point.residentBytes < known.residentBytes) this.cells.set(cell, point);
  }
}

const MOST_CELLS = 256;
