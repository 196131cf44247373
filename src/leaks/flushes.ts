import { loopsToBeSure } from './rest.js';

/**
 * Loops in which most of what a line had left behind was freed at once, whatever its age: a buffer that is flushed now
 * and then. Between two of them such a line looks as if it leaked.
 */
export class Flushes {
  private count = 0;
  private last = 0;

  /** In this loop, of so many birth loops that had blocks alive so many were left with some. */
  observe(loop: number, before: number, after: number): void {
    if (before < FEWEST || after * 2 >= before) return;
    this.count++;
    this.last = loop;
  }

  /** Whether the silence since the last one is not yet too long for another to come. */
  mayComeAgain(loops: number): boolean {
    return loopsToBeSure({ count: this.count, start: 0, last: this.last }, loops) > 0;
  }
}

/** One loop's blocks that go are no flush: most loops that free something free that. */
const FEWEST = 4;
