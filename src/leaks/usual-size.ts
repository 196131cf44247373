/** Blocks of a loop, and what they take together. */
interface Blocks {
  readonly blocks: number;
  readonly bytes: number;
}

/** How large, within a factor of 4, the blocks are that most loops leave behind. */
export class UsualSize {
  /** Loops by the binary logarithm of the mean size of their blocks. */
  private readonly loops = new Map<number, number>();
  private usual: number | undefined;

  add(left: Blocks): void {
    const magnitude = magnitudeOf(left);
    const loops = (this.loops.get(magnitude) ?? 0) + 1;
    this.loops.set(magnitude, loops);
    if (this.usual === undefined || loops > (this.loops.get(this.usual) ?? 0)) this.usual = magnitude;
  }

  /** True as long as nothing was added. */
  isUsual(blocks: Blocks): boolean {
    return this.usual === undefined || Math.abs(magnitudeOf(blocks) - this.usual) <= MOST_APART;
  }
}

/** Powers of two. */
const MOST_APART = 2;

function magnitudeOf({ blocks, bytes }: Blocks): number {
  return Math.round(Math.log2(Math.max(1, bytes) / Math.max(1, blocks)));
}
