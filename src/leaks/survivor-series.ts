/** Blocks that are still alive, of the loops `firstLoop` to `lastLoop`. */
export interface Survivors {
  readonly firstLoop: number;
  readonly lastLoop: number;
  readonly blocks: number;
}

/**
 * How many blocks of each birth loop are still alive, in bounded memory: where too many loops have survivors,
 * neighbouring loops are counted together.
 */
export class SurvivorSeries {
  private cells = new Map<number, number>();
  private stretch = 1;

  /** Loops are counted from the end of warm-up, from 1. */
  add(birthLoop: number, blocks: number): void {
    const cell = this.cellOf(birthLoop);
    this.cells.set(cell, (this.cells.get(cell) ?? 0) + blocks);
    while (this.cells.size > MAX_CELLS) this.halve();
  }

  remove(birthLoop: number, blocks: number): void {
    const cell = this.cellOf(birthLoop);
    const left = (this.cells.get(cell) ?? 0) - blocks;
    if (left > 0) this.cells.set(cell, left);
    else this.cells.delete(cell);
  }

  /** From how many loops, or stretches of loops, there are survivors. */
  get size(): number {
    return this.cells.size;
  }

  /** Ascending by birth loop; only loops that have survivors. */
  list(): Survivors[] {
    return [...this.cells]
      .sort(([a], [b]) => a - b)
      .map(([cell, blocks]) => ({
        firstLoop: cell * this.stretch + 1,
        lastLoop: (cell + 1) * this.stretch,
        blocks,
      }));
  }

  private halve(): void {
    this.stretch *= 2;
    const finer = this.cells;
    this.cells = new Map();
    for (const [cell, blocks] of finer) {
      const merged = cell >> 1;
      this.cells.set(merged, (this.cells.get(merged) ?? 0) + blocks);
    }
  }

  private cellOf(birthLoop: number): number {
    return Math.floor((birthLoop - 1) / this.stretch);
  }
}

const MAX_CELLS = 512;
