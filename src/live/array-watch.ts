import { PhptraceError } from '../errors.js';
import { bytesAnElement, holdsBlocks, holdsSeenBlocks } from '../heap/array-contents.js';
import { readHeapExtent } from '../heap/heap-extent.js';
import { LiveArrays } from '../heap/live-arrays.js';
import type { LiveArray } from '../heap/live-arrays.js';
import type { LiveBlock } from '../trace/ledger.js';
import type { ArrayGoneRecord, ArrayLine, ArrayRecord } from '../trace/records.js';
import type { ArrayLines } from './array-lines.js';
import { EarlyArrays } from './early-arrays.js';
import type { EarlyWatch } from './early-arrays.js';
import { LookTimes } from './look-times.js';
import type { Target } from './target.js';

/** So often arrays are looked for, where the heap changes meanwhile, and copied, where loops begin. */
const TRIES = 4;
/** A copy that takes longer is not made again: events wait meanwhile. */
const LONG_COPY_MS = 10;
/** Arrays that have got longer and are followed. */
const MOST_FOLLOWED = 1000;
/** An array that has not so often been longer than ever is not told of: buffers and queues are as long as never before, too. */
const FEW_HEIGHTS = 3;
/** A trace of twenty loops, of a millisecond or two each, has these. */
const QUICK_LOOKS = 16;
/** More arrays are not looked at before the first loop, which waits for that: 20 ms. */
const MOST_EARLY = 200_000;
/** What is kept of an array until it is told of. */
const MOST_HELD = 64;
/** Looks after warm-up that tell a buffer from what grows for good; with fewer, what did grow is told of as undecided. */
const ENOUGH_LOOKS = 6;

type WatchRecord = ArrayRecord | ArrayGoneRecord;

/** An array at a look: the loops begun by then, and at the look before. */
interface Seen {
  readonly array: LiveArray;
  readonly loops: readonly number[];
  readonly since: readonly number[];
}

/** An array that has got longer. */
interface Followed {
  /** Its number in the log, once it is told of. */
  number: number | undefined;
  /** Elements when it began to be followed, and the most since. */
  first: number;
  highest: number;
  /** How often it was longer than ever. */
  heights: number;
  /** What was seen before it is told of. */
  held: Seen[];
}

/** What an array watch asks of the trace that it is part of. */
export interface ArrayWatchers {
  readonly lines: ArrayLines;
  /** By hook, as the process has them at this moment. */
  readonly loopsBegun: () => readonly number[];
  /** Has all events read that are there. */
  readonly readEvents: () => void;
  /** The live block at an address, where its birth was seen. */
  readonly blockAt: (address: number) => LiveBlock | undefined;
  readonly debug: (message: string) => void;
}

/**
 * Looks now and then how many elements the arrays have that are older than the judged loops, for an array that gets
 * longer takes memory only when it doubles. What keeps that from being told is a detail (`-v`): lines that allocate are
 * seen all the same.
 */
export class ArrayWatch {
  private readonly early: EarlyArrays;
  private arrays: LiveArrays | undefined;
  /** The loops begun at the first look after warm-up. */
  private firstLoops: readonly number[] = [];
  private isOver = false;
  private tries = 0;
  private given = 0;
  private missed = 0;
  private loopsBefore: readonly number[] = [];
  private readonly times: LookTimes;
  /** By the address of the zend_array. */
  private readonly followed = new Map<number, Followed>();

  constructor(
    private readonly target: Target,
    private readonly warmup: number,
    private readonly trace: ArrayWatchers,
  ) {
    this.times = new LookTimes(warmup, QUICK_LOOKS);
    const watch: EarlyWatch = {
      find: () => this.find(MOST_EARLY),
      readEvents: trace.readEvents,
      copy: (arrays) => this.copy(arrays),
      blockAt: trace.blockAt,
    };
    this.early = new EarlyArrays(watch, warmup);
  }

  /** A hook has got its place, or is about to: the look before its first loop. */
  begin(now: number): void {
    if (!this.isOver && this.times.looks === 0) this.early.await(now);
  }

  /** What has changed, where a look is due and loops have begun since the last one. `loopsSeen` is by hook, `now` in ms. */
  look(now: number, loopsSeen: readonly number[]): WatchRecord[] {
    if (this.isOver) return [];
    if (!this.times.isDue(now, loopsSeen)) {
      if (this.trace.loopsBegun().every((loops) => loops === 0)) this.early.refresh(now);
      return [];
    }
    return this.guarded(() => this.times.have(now, loopsSeen, () => this.lookAfterWarmup()));
  }

  /** All that was made in the trace is gone at once, and what lies where it was is no array any more. */
  forgetAll(): void {
    this.early.forget();
  }

  /** Whether there were too few looks to tell what grows for good. */
  get needsLooks(): boolean {
    return !this.isOver && this.times.looks < ENOUGH_LOOKS;
  }

  /** The last look: what is gone by then is told too, and which lines they were. */
  finish(): WatchRecord[] {
    if (this.isOver) return [];
    return this.guarded(() => {
      const { arrays } = this;
      const records = arrays === undefined ? [] : [...this.changesIn(arrays), ...this.lastRecords(arrays)];
      return [...records, ...(this.needsLooks ? this.grownSinceEarly() : [])];
    });
  }

  /** Those that were told of, as number -> address of the zend_array. */
  get addresses(): ReadonlyMap<number, number> {
    const told = [...this.followed].flatMap(([address, { number }]): [number, number][] =>
      number === undefined ? [] : [[number, address]],
    );
    return new Map(told);
  }

  close(): void {
    this.isOver = true;
    this.arrays?.close();
    this.arrays = undefined;
    this.early.forget();
    const missed =
      this.missed === 0 ? '' : `; changes of ${String(this.missed)} were passed over, for there were too many`;
    this.trace.debug(
      `arrays were looked at ${String(this.times.looks)} times, ${String(this.followed.size)} are followed${missed}`,
    );
  }

  /** A process that is gone, or that cannot be read, is watched no more. */
  private guarded(look: () => WatchRecord[]): WatchRecord[] {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      this.isOver = true;
      this.trace.debug(`how long arrays are is not watched: ${error.message}`);
      return [];
    }
  }

  private changesIn(arrays: LiveArrays): WatchRecord[] {
    const loops = this.copy(arrays);
    this.trace.readEvents();
    if (!this.needsLooks) this.early.forget();
    const records: WatchRecord[] = [];
    for (const [address, followed] of this.followed) {
      if (arrays.arrayAt(address) === undefined) records.push(...this.letGo(address, followed));
    }
    arrays.forEachChange((array) => records.push(...this.changeOf(array, loops)));
    this.loopsBefore = loops;
    return records;
  }

  /** Returns the loops that had begun when the copy was made. It is made again where it took long, by the loops. */
  private copy(arrays: LiveArrays): readonly number[] {
    for (let left = TRIES; ; left--) {
      const [before, begun] = [this.trace.loopsBegun(), performance.now()];
      arrays.copy();
      const after = this.trace.loopsBegun();
      const middle = before.map((loops, hook) => Math.floor((loops + after[hook]!) / 2));
      const isLong = performance.now() - begun > LONG_COPY_MS;
      if (left === 1 || isLong || before.every((loops, hook) => after[hook]! - loops <= 1)) return middle;
    }
  }

  /** At first, what later looks are compared with. Where the heap changes meanwhile, it is tried again. */
  private lookAfterWarmup(): WatchRecord[] {
    if (this.arrays !== undefined) return this.changesIn(this.arrays);
    try {
      this.arrays = this.find();
    } catch (error) {
      if (!(error instanceof PhptraceError) || ++this.tries === TRIES) throw error;
    }
    const records = this.arrays === undefined ? [] : this.changesIn(this.arrays);
    this.firstLoops = this.loopsBefore;
    return records;
  }

  private find(most?: number): LiveArrays | undefined {
    const { process, heap, layout, globals } = this.target;
    const extent = readHeapExtent(process.memory, heap, globals.allocGlobals);
    const { memory, code } = process;
    return LiveArrays.find(memory, { heap, hashTable: layout.hashTable, code }, extent, most);
  }

  /** What got longer all the time, where there were too few looks to tell how. */
  private grownSinceEarly(): WatchRecord[] {
    const grown = this.early.grown();
    this.trace.readEvents();
    return grown.flatMap(({ array, since, loops }) => {
      const { address, elementsFirst } = array;
      const known = this.followed.get(address);
      const rests = known === undefined && this.wouldHaveSeen(loops);
      if (rests || known?.number !== undefined) return [];
      const begun = { array: { ...array, elements: elementsFirst }, loops: since, since };
      const followed = { ...(known ?? beginning(begun)), first: elementsFirst, number: this.given };
      if (this.isExplained(array, followed)) return [];
      this.given++;
      this.followed.set(address, followed);
      const seen = [begun, ...(known?.held ?? []), { array, loops, since }];
      return seen.map((one) => this.record(followed.number, one));
    });
  }

  /** Whether loops have passed since the first look after warm-up: what had grown by then would have been seen to grow on. */
  private wouldHaveSeen(loops: readonly number[]): boolean {
    return this.arrays !== undefined && loops.some((begun, hook) => begun - (this.firstLoops[hook] ?? 0) > 1);
  }

  private changeOf(array: LiveArray, loops: readonly number[]): WatchRecord[] {
    const { address, elements } = array;
    const seen = { array, loops, since: this.loopsBefore };
    const followed = this.followed.get(address) ?? this.follow(array);
    if (followed === undefined) return [];
    if (elements <= followed.first) return this.letGo(address, followed);
    if (elements > followed.highest) {
      followed.highest = elements;
      followed.heights++;
    }
    if (followed.number === undefined) {
      if (followed.held.length === MOST_HELD) followed.held.splice(1, 1);
      followed.held.push(seen);
      if (followed.heights < FEW_HEIGHTS) return [];
    }
    if (this.isExplained(array, followed)) {
      const gone = this.letGo(address, followed);
      this.followed.set(address, beginning(seen));
      return gone;
    }
    if (followed.number !== undefined) return [this.record(followed.number, seen)];
    const number = (followed.number = this.given++);
    // Heaps are not filled by the functions that fill arrays.
    if (array.heapElementBytes === undefined) this.trace.lines.ask(address);
    const { held } = followed;
    followed.held = [];
    return held.map((one) => this.record(number, one));
  }

  /** Undefined where it is not to be followed: it is no longer than at first, or each of its doublings was seen. */
  private follow(array: LiveArray): Followed | undefined {
    const { address, elements, elementsFirst } = array;
    if (elements <= elementsFirst || this.isYoung(address)) return undefined;
    if (this.followed.size >= MOST_FOLLOWED) {
      this.missed++;
      return undefined;
    }
    const before = this.loopsBefore;
    const followed = beginning({ array: { ...array, elements: elementsFirst }, loops: before, since: before });
    this.followed.set(address, followed);
    return followed;
  }

  private letGo(address: number, { number }: Followed): WatchRecord[] {
    this.followed.delete(address);
    this.trace.lines.forget(address);
    return number === undefined ? [] : [{ type: 'arrayGone', array: number }];
  }

  private isYoung(address: number): boolean {
    const block = this.trace.blockAt(address);
    return block !== undefined && block.loop > this.warmup;
  }

  /** Another array is where it was, or what it got are blocks that were seen to be made. */
  private isExplained(array: LiveArray, { first }: Followed): boolean {
    if (this.isYoung(array.address)) return true;
    const { process, layout } = this.target;
    if (array.heapElementBytes !== undefined) return holdsBlocks(process.memory, array);
    const isSeen = (address: number): boolean => this.trace.blockAt(address) !== undefined;
    return holdsSeenBlocks(process.memory, layout, array, array.elements - first, isSeen);
  }

  private lastRecords(arrays: LiveArrays): WatchRecord[] {
    return [...this.followed].flatMap(([address, followed]) => {
      const array = followed.number === undefined ? undefined : arrays.arrayAt(address);
      if (array === undefined) return [];
      if (this.isExplained(array, followed)) return this.letGo(address, followed);
      const last = this.loopsBefore;
      return [this.record(followed.number!, { array, loops: last, since: last })];
    });
  }

  private record(number: number, { array, loops, since }: Seen): ArrayRecord {
    const { elements, capacity, address } = array;
    const by = this.trace.lines.lineOf(address) ?? this.lineThatDoubled(array);
    return {
      type: 'array',
      array: number,
      loops,
      since,
      elements,
      capacity,
      elementBytes: bytesAnElement(this.target.layout, array),
      ...(by === undefined ? {} : { by }),
    };
  }

  /**
   * The line that made room in the array in a judged loop; undefined where that is older. A function that shifts all
   * elements makes it anew in each loop.
   */
  private lineThatDoubled({ dataBlock }: LiveArray): ArrayLine | undefined {
    const block = this.trace.blockAt(dataBlock);
    if (block === undefined || block.loop <= this.warmup) return undefined;
    const { hook, site, path, outside } = block;
    return { hook, site, path, outside };
  }
}

/** An array as it is when it begins to be followed. */
function beginning(seen: Seen): Followed {
  const { elements } = seen.array;
  return { number: undefined, first: elements, highest: elements, heights: 0, held: [seen] };
}
