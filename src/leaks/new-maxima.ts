/**
 * Watches a level for new maxima and keeps how far apart they came. Loops are counted from the end of warm-up, so the
 * first gap runs from `start`.
 */
export class NewMaxima {
  count = 0;
  last: number;
  lastGap = 0;
  maxGap = 0;
  private gapSquares = 0;

  /** @param max the height that must be passed. */
  constructor(
    readonly start: number,
    public max: number,
  ) {
    this.last = start;
  }

  /** Takes the level at a loop's end; true where it is a new maximum. */
  observe(loop: number, level: number): boolean {
    if (level <= this.max) return false;
    this.max = level;
    this.count++;
    this.lastGap = loop - this.last;
    this.maxGap = Math.max(this.maxGap, this.lastGap);
    this.gapSquares += this.lastGap ** 2;
    this.last = loop;
    return true;
  }

  /**
   * How many loops without a new maximum are still usual: the mean gap plus three standard deviations, and at least 1.
   * Steady growth has equal gaps, so its allowance is small; a leak in one loop of ten by chance has wide ones.
   */
  usualQuiet(): number {
    if (this.count === 0) return 1;
    const mean = (this.last - this.start) / this.count;
    const variance = Math.max(0, this.gapSquares / this.count - mean ** 2);
    return Math.max(1, mean + 3 * Math.sqrt(variance));
  }

  /**
   * How many loops without a new maximum say that growth has ended, whatever its scale: with few maxima a multiple of
   * the longest gap, with more of them twice what is usual.
   */
  quietThatEnds(): number {
    if (this.count === 0) return 0;
    if (this.count === 1) return 2 * this.maxGap;
    if (this.count < 4) return 3 * this.maxGap;
    return 2 * this.usualQuiet();
  }
}
