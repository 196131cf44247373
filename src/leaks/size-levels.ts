import { sizeClassOf } from '../trace/size-classes.js';
import { LevelSeries } from './level-series.js';

/** Blocks of one size class. */
export interface Amount {
  readonly blocks: number;
  readonly bytes: number;
}

interface Point extends Amount {
  readonly loop: number;
}

/** How many blocks came or went by size class, since the end of warm-up. */
export class SizeLevels {
  private readonly series = new Map<number, LevelSeries<Point>>();

  /** `sign` is -1 for blocks that went. Loops are counted from the end of warm-up and come in ascending order. */
  add(loop: number, { blocks, bytes }: Amount, sign: 1 | -1): void {
    const sizeClass = sizeClassOf(bytes / blocks);
    let series = this.series.get(sizeClass);
    if (!series) this.series.set(sizeClass, (series = new LevelSeries<Point>({ loop: 0, ...NOTHING })));
    const before = series.at(loop);
    series.add({ loop, blocks: before.blocks + sign * blocks, bytes: before.bytes + sign * bytes });
  }

  /** The classes that were met. */
  get classes(): number[] {
    return [...this.series.keys()];
  }

  /** What came, net, of a class up to a loop's end. */
  at(sizeClass: number, loop: number): Amount {
    return this.series.get(sizeClass)?.at(loop) ?? NOTHING;
  }
}

const NOTHING: Amount = { blocks: 0, bytes: 0 };
