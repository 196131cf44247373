/** Blocks of a loop, and what they take together. */
interface Blocks {
  readonly blocks: number;
  readonly bytes: number;
}

/** How large, within a factor of 4, the blocks are that many loops leave behind, and how old such blocks came to be. */
export class UsualSize {
  /** Loops by the binary logarithm of the size of their blocks. */
  private readonly loops = new Map<number, number>();
  private most = 0;
  /** Greatest age of a block that ended, by the same. */
  private readonly ages = new Map<number, number>();

  add(left: Blocks): void {
    const magnitude = magnitudeOf(left);
    const loops = (this.loops.get(magnitude) ?? 0) + 1;
    this.loops.set(magnitude, loops);
    this.most = Math.max(this.most, loops);
  }

  /** Such blocks ended, `age` loops after they were born. */
  ended(died: Blocks, age: number): void {
    const magnitude = magnitudeOf(died);
    this.ages.set(magnitude, Math.max(this.ages.get(magnitude) ?? 0, age));
  }

  /** Greatest age in loops at which a block of a usual size has ended; 0 where none has. */
  get oldestDeath(): number {
    let oldest = 0;
    for (const [magnitude, age] of this.ages) if (this.isUsual(magnitude)) oldest = Math.max(oldest, age);
    return oldest;
  }

  /** Every size is, as long as nothing was added. */
  private isUsual(magnitude: number): boolean {
    if (this.most === 0) return true;
    const often = Math.min(this.most, Math.max(2, this.most / RARE));
    return [...this.loops].some(([usual, loops]) => loops >= often && Math.abs(magnitude - usual) <= MOST_APART);
  }
}

/** Powers of two. */
const MOST_APART = 2;
/** A size that comes so much more rarely than the one that comes most is that of a table that doubles. */
const RARE = 8;

function magnitudeOf({ blocks, bytes }: Blocks): number {
  return Math.round(Math.log2(Math.max(1, bytes) / Math.max(1, blocks)));
}
