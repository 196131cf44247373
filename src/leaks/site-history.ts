import type { HeldRecord, LateFree, Residue } from '../trace/records.js';
import { NOTHING, minus, plus } from './level.js';
import type { Level } from './level.js';
import { LevelSeries } from './level-series.js';
import { Flushes } from './flushes.js';
import { NewMaxima } from './new-maxima.js';
import { SizeLevels } from './size-levels.js';
import { SurvivorSeries } from './survivor-series.js';
import { UsualSize } from './usual-size.js';

/** What is judged: a line and function of PHP under one hook; what is born outside the loop is judged apart. */
export interface SitePlace {
  readonly hook: number;
  readonly file: string | null;
  readonly line: number;
  readonly function: string | null;
  readonly outside: boolean;
}

/**
 * What a trace's loops say about one place. Loops are added in order, and `endLoop` closes each one that had something
 * to say. All statistics run from the end of warm-up: "the window".
 */
export class SiteHistory {
  /** Alive of the loops that were recorded, as far as neighbours did not offset it. */
  aliveBlocks = 0;
  aliveBytes = 0;
  /** Blocks of the window that outlived their loop, and how many of them a neighbour or a later loop freed. */
  bornBlocks = 0;
  diedBlocks = 0;
  lateFreedBlocks = 0;
  /** Loops of the window in which the level fell. */
  falls = 0;
  /** Falls since there were last more blocks than ever. */
  fallsInBlock = 0;
  /** What holds its blocks, once it is known. */
  held: HeldRecord | undefined;
  readonly survivors = new SurvivorSeries();
  readonly flushes = new Flushes();
  /** The settled blocks that came in the window, net. */
  readonly bySize = new SizeLevels();
  /** Defined once the window has begun for this place. */
  private window: Window | undefined;

  private settled = NOTHING;
  private offset = NOTHING;
  private readonly settledByPath = new Map<number, number>();
  private readonly offsetByPath = new Map<number, number>();
  /** What was alive when the last closed loop ended, and the settled part of it. */
  private live = NOTHING;
  private closedSettled = NOTHING;
  private survivorsBefore = 0;
  private ages = 0;
  private readonly sizes = new UsualSize();
  private bornBytes = 0;
  private diedBytes = 0;

  constructor(
    readonly place: SitePlace,
    readonly warmup: number,
  ) {}

  addResidue(loop: number, residue: Residue): void {
    this.settled = plus(this.settled, residue);
    this.aliveBlocks += residue.blocks;
    this.aliveBytes += residue.bytes;
    add(this.settledByPath, residue.path, residue.bytes);
    if (loop <= this.warmup) return;
    this.bornBlocks += residue.blocks;
    this.bornBytes += residue.bytes;
    this.sizes.add(residue);
    this.bySize.add(loop - this.warmup, residue, 1);
    this.survivors.add(loop - this.warmup, residue.blocks);
  }

  addOffset(loop: number, offset: Residue): void {
    this.offset = plus(this.offset, offset);
    add(this.settledByPath, offset.path, 0);
    add(this.offsetByPath, offset.path, offset.bytes);
    if (loop <= this.warmup) return;
    this.bornBlocks += offset.blocks;
    this.bornBytes += offset.bytes;
    this.countDeaths(offset, 1);
  }

  addLateFree(loop: number, free: LateFree): void {
    this.settled = plus(this.settled, { blocks: -free.blocks, bytes: -free.bytes });
    if (free.birthLoop >= 1) {
      this.aliveBlocks -= free.blocks;
      this.aliveBytes -= free.bytes;
      add(this.settledByPath, free.birthPath, -free.bytes);
    }
    if (free.birthLoop > this.warmup) this.survivors.remove(free.birthLoop - this.warmup, free.blocks);
    if (loop <= this.warmup) return;
    this.lateFreedBlocks += free.blocks;
    this.bySize.add(loop - this.warmup, free, -1);
    this.countDeaths(free, loop - free.birthLoop);
  }

  /** Whether the next loop must be closed for this place though nothing is added to it: an offset is gone by then. */
  get hasOffset(): boolean {
    return this.offset.blocks > 0;
  }

  /** To be called before a loop's first `add`: what the loop before left to its neighbour is gone. */
  beginLoop(): void {
    this.offset = NOTHING;
    this.offsetByPath.clear();
  }

  endLoop(loop: number): void {
    if (loop > this.warmup) {
      this.window ??= this.openWindow();
      this.flushes.observe(loop - this.warmup, this.survivorsBefore, this.survivors.size);
    }
    this.survivorsBefore = this.survivors.size;
    const before = this.live;
    this.live = plus(this.settled, this.offset);
    this.closedSettled = this.settled;
    if (this.window) this.observe(this.window, loop - this.warmup, before.bytes);
  }

  /** The trackers of the window; of a place that was not met in it, those that saw nothing. */
  get trackers(): Window {
    return this.window ?? this.openWindow();
  }

  /** Live bytes at the end of warm-up and at the end, relative to the start of the recorded loops. */
  get bytesFirst(): number {
    return this.trackers.live.bytes;
  }

  get bytesLast(): number {
    return this.live.bytes;
  }

  /** What came to be alive since the end of warm-up, net. */
  get netLive(): Level {
    return minus(this.live, this.trackers.live);
  }

  /** The same without what the last loop may have left to its neighbour. */
  get netSettled(): Level {
    return minus(this.settled, this.trackers.settled);
  }

  /**
   * The call path with most bytes that stay; 0 where none was recorded. A block that each loop makes bigger is never
   * settled: where it is blocks like that which grow, what the last loop left to its neighbour counts, too.
   */
  get heaviestPath(): number {
    const isInSettled = 2 * this.netSettled.bytes >= this.netLive.bytes;
    let heaviest = 0;
    let most = -Infinity;
    for (const [path, settled] of this.settledByPath) {
      const bytes = settled + (isInSettled ? 0 : (this.offsetByPath.get(path) ?? 0));
      if (bytes > most) {
        heaviest = path;
        most = bytes;
      }
    }
    return heaviest;
  }

  /**
   * Greatest age in loops at which a block has ended; 1 is the neighbour's. Blocks of quite another size than most that
   * come are left out: the table that holds a line's blocks ends when it doubles, and tells nothing of theirs.
   */
  get oldestDeath(): number {
    return this.sizes.oldestDeath;
  }

  /** Loops that blocks of the window lived, in the mean; 0 where none has ended. */
  get meanAge(): number {
    return this.diedBlocks === 0 ? 0 : this.ages / this.diedBlocks;
  }

  private observe(window: Window, loop: number, bytesBefore: number): void {
    if (this.live.bytes < bytesBefore) {
      this.falls++;
      this.fallsInBlock++;
    }
    window.heights.observe(loop, this.live.bytes);
    const moreSettled = window.settledBlocks.observe(loop, this.settled.blocks);
    const moreLive = this.live.blocks > window.mostLiveBlocks;
    if (moreLive) window.mostLiveBlocks = this.live.blocks;
    if (moreSettled && moreLive) {
      window.inBlock = new NewMaxima(loop, Math.max(this.live.bytes, window.inBlock.max));
      this.fallsInBlock = 0;
    } else {
      window.inBlock.observe(loop, this.live.bytes);
    }
    window.levels.add({
      loop,
      settledBlocks: this.settled.blocks,
      settledBytes: this.settled.bytes,
      liveBytes: this.live.bytes,
      bornBlocks: this.bornBlocks,
      bornBytes: this.bornBytes,
      diedBlocks: this.diedBlocks,
      diedBytes: this.diedBytes,
    });
  }

  private openWindow(): Window {
    const { live, closedSettled } = this;
    return {
      live,
      settled: closedSettled,
      heights: new NewMaxima(0, live.bytes),
      settledBlocks: new NewMaxima(0, closedSettled.blocks),
      mostLiveBlocks: live.blocks,
      inBlock: new NewMaxima(0, live.bytes),
      levels: new LevelSeries({
        loop: 0,
        settledBlocks: closedSettled.blocks,
        settledBytes: closedSettled.bytes,
        liveBytes: live.bytes,
        bornBlocks: 0,
        bornBytes: 0,
        diedBlocks: 0,
        diedBytes: 0,
      }),
    };
  }

  private countDeaths(died: Level, age: number): void {
    this.diedBlocks += died.blocks;
    this.diedBytes += died.bytes;
    this.ages += died.blocks * age;
    this.sizes.ended(died, age);
  }
}

function add(bytesByPath: Map<number, number>, path: number, bytes: number): void {
  if (path !== 0) bytesByPath.set(path, (bytesByPath.get(path) ?? 0) + bytes);
}

export interface Window {
  /** As it was at the end of warm-up. */
  readonly live: Level;
  readonly settled: Level;
  /** New maxima of the live bytes. */
  readonly heights: NewMaxima;
  /** New maxima of the settled blocks. */
  readonly settledBlocks: NewMaxima;
  /** Most blocks alive at a loop's end. */
  mostLiveBlocks: number;
  /** New maxima of the live bytes since there were last more blocks than ever: growth of the blocks themselves. */
  inBlock: NewMaxima;
  readonly levels: LevelSeries;
}
