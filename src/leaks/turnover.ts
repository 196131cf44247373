import type { Amount, SizeLevels } from './size-levels.js';
import type { SiteVerdict } from './verdict.js';

/**
 * What the frees of blocks older than the trace say of lines that seem to grow. A trace that begins in the middle of a
 * process's life sees a full cache take new blocks and drop old ones; which line the old ones came from was not seen,
 * only their sizes are known. So lines and old blocks are compared by size.
 */
export class Turnover {
  /**
   * @param older what was freed of blocks older than the trace
   * @param growing the lines that seem to grow, each by its sizes
   * @param loops the window's length
   */
  constructor(
    private readonly older: SizeLevels,
    private readonly growing: readonly SizeLevels[],
    private readonly loops: number,
  ) {}

  /** The verdict on a line that seems to grow, in the light of what went that is older than the trace. */
  reconsider(alone: SiteVerdict, line: SizeLevels): SiteVerdict {
    const { extent, freedBytes } = this.offsetOf(line);
    if (extent === 'none') return alone;
    const { moreLoops = this.loops } = alone.evidence;
    const evidence = { ...alone.evidence, olderFreedBytes: freedBytes };
    if (extent === 'full') {
      const { blocks, bytes, bytesPerLoop } = alone;
      return { verdict: 'bounded', blocks, bytes, bytesPerLoop: bytesPerLoop - freedBytes / this.loops, evidence };
    }
    // The old blocks are gone some time; a window of twice the length is the next that can tell more.
    return { ...alone, verdict: 'pending', evidence: { ...evidence, moreLoops }, openLoops: moreLoops };
  }

  /**
   * How far old blocks offset a line. `none`: it grew, whosever the old blocks were. `full`: as much was freed of its
   * sizes as all lines together left behind, all along the window. `maybe`: it depends on whose the old blocks were.
   * `freedBytes` is what of the line's growth frees of old blocks match by size.
   */
  private offsetOf(line: SizeLevels): { readonly extent: 'none' | 'maybe' | 'full'; readonly freedBytes: number } {
    const { classes } = line;
    const own = classes.map((sizeClass) => Math.max(0, this.growth(line, sizeClass).bytes));
    const freed = classes.map((sizeClass) => this.growth(this.older, sizeClass).bytes);
    const freedBytes = sum(own.map((bytes, i) => Math.min(bytes, freed[i]!)));
    const isChance = classes.every((sizeClass) => this.isChance(sizeClass));
    // Entries of many sizes are few in each class: where none of these stands out, they count together.
    const explained = isChance ? Math.min(sum(own), sum(freed)) : freedBytes;
    if (explained === 0 || explained < HALF * sum(own) || !this.isSteady(classes))
      return { extent: 'none', freedBytes };
    return { extent: isChance && this.isMatched(classes) ? 'full' : 'maybe', freedBytes };
  }

  /**
   * Of these classes together, nearly as much was freed as left behind. A cache drops as many entries as it takes, but
   * where their sizes vary they are few in each class.
   */
  private isMatched(classes: readonly number[]): boolean {
    const left = classes.map((sizeClass) => this.leftBehind(sizeClass));
    const freed = classes.map((sizeClass) => this.growth(this.older, sizeClass));
    const share = (of: (amount: Amount) => number): number => sum(freed.map(of)) / sum(left.map(of));
    return share(({ blocks }) => blocks) >= NEARLY_ALL && share(({ bytes }) => bytes) >= MOST;
  }

  /** Old blocks went in each third of the window, and not in one stroke. */
  private isSteady(classes: readonly number[]): boolean {
    const freedBy = (loop: number): number => sum(classes.map((sizeClass) => this.older.at(sizeClass, loop).bytes));
    const bounds = [0, 1 / 3, 2 / 3, 1].map((part) => freedBy(Math.round(part * this.loops)));
    const thirds = bounds.slice(1).map((bytes, i) => bytes - bounds[i]!);
    return Math.min(...thirds) >= bounds.at(-1)! / 3 / 4;
  }

  /** Lines left no more blocks of a size behind than were freed of old ones, but for chance. */
  private isChance(sizeClass: number): boolean {
    const left = this.leftBehind(sizeClass).blocks;
    const freed = this.growth(this.older, sizeClass).blocks;
    return left - freed <= CLEAR * Math.sqrt(left + freed);
  }

  /** By all lines that grew in this class. */
  private leftBehind(sizeClass: number): Amount {
    const growths = this.growing.map((line) => this.growth(line, sizeClass)).filter(({ blocks }) => blocks > 0);
    return { blocks: sum(growths.map(({ blocks }) => blocks)), bytes: sum(growths.map(({ bytes }) => bytes)) };
  }

  private growth(levels: SizeLevels, sizeClass: number): Amount {
    return levels.at(sizeClass, this.loops);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const HALF = 0.5;
/** As of a line that turns its own blocks over. */
const NEARLY_ALL = 0.8;
/** Bytes vary more: old and new entries differ in size by chance. */
const MOST = 0.7;
/** Standard deviations of the difference of two counts. */
const CLEAR = 3;
