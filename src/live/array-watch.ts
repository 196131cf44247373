import { PhptraceError } from '../errors.js';
import { bytesAnElement, holdsSeenBlocks } from '../heap/array-contents.js';
import { readHeapExtent } from '../heap/heap-extent.js';
import { LiveArrays } from '../heap/live-arrays.js';
import type { LiveArray } from '../heap/live-arrays.js';
import { SystemCallError } from '../native/libc.js';
import type { LiveBlock } from '../trace/ledger.js';
import type { ArrayGoneRecord, ArrayLine, ArrayRecord } from '../trace/records.js';
import type { ArrayLines } from './array-lines.js';
import { LookTimes } from './look-times.js';
import type { Target } from './target.js';

/** So often arrays are looked for, where the heap changes meanwhile, and copied, where loops begin. */
const TRIES = 4;
/** Arrays that got longer and are followed. */
const MOST_FOLLOWED = 1000;

type WatchRecord = ArrayRecord | ArrayGoneRecord;

/**
 * Looks now and then how many elements the arrays have that are older than the judged loops, for an array that gets
 * longer takes memory only when it doubles. What keeps that from being told is a detail (`-v`): lines that allocate are
 * seen all the same.
 */
export class ArrayWatch {
  private arrays: LiveArrays | undefined;
  private isOver = false;
  private tries = 0;
  private given = 0;
  private loopsBefore: readonly number[] = [];
  private readonly times: LookTimes;
  /** Address of the zend_array -> number. */
  private readonly followed = new Map<number, number>();
  /** Addresses of those whose growth is that of lines. */
  private readonly explained = new Set<number>();

  /**
   * @param loopsBegun by hook, as the process has them at this moment
   * @param blockAt the live block at an address, where its birth was seen
   */
  constructor(
    private readonly target: Target,
    private readonly warmup: number,
    private readonly lines: ArrayLines,
    private readonly loopsBegun: () => readonly number[],
    private readonly blockAt: (address: number) => LiveBlock | undefined,
    private readonly debug: (message: string) => void,
  ) {
    this.times = new LookTimes(warmup);
  }

  /** What has changed, where a look is due and loops have begun since the last one. `loopsSeen` is by hook, `now` in ms. */
  look(now: number, loopsSeen: readonly number[]): WatchRecord[] {
    return !this.isOver && this.times.isDue(now, loopsSeen) ? this.changes(now, loopsSeen) : [];
  }

  /** The last look, to be had when all events are read: what is gone by then is told too, and which lines they were. */
  finish(loopsSeen: readonly number[]): WatchRecord[] {
    if (this.isOver || this.arrays === undefined) return [];
    const records = this.changes(0, loopsSeen);
    const { arrays } = this;
    const last = [...this.followed].map(([address, number]) => {
      const array = arrays.arrayAt(address);
      if (array === undefined || this.isExplained(array)) return this.drop(address, number);
      return this.record(number, array, this.loopsBefore);
    });
    return [...records, ...last];
  }

  /** Those that are followed, as number -> address of the zend_array. */
  get addresses(): ReadonlyMap<number, number> {
    return new Map([...this.followed].map(([address, number]) => [number, address]));
  }

  close(): void {
    this.isOver = true;
    this.arrays?.close();
    this.arrays = undefined;
    this.debug(
      `arrays were looked at ${String(this.times.looks)} times; ${String(this.followed.size)} got longer by elements ` +
        `without memory of their own, ${String(this.explained.size)} by others`,
    );
  }

  private changes(now: number, loopsSeen: readonly number[]): WatchRecord[] {
    try {
      const records: WatchRecord[] = [];
      this.times.have(now, loopsSeen, () => {
        if (this.arrays === undefined) this.find();
        else records.push(...this.changesIn(this.arrays));
      });
      return records;
    } catch (error) {
      if (!(error instanceof PhptraceError || error instanceof SystemCallError)) throw error;
      this.isOver = true;
      this.debug(`how long arrays are is not watched: ${error.message}`);
      return [];
    }
  }

  private changesIn(arrays: LiveArrays): WatchRecord[] {
    const loops = this.copy(arrays);
    const records: WatchRecord[] = [];
    arrays.forEachChange((array) => records.push(...this.changeOf(array, loops)));
    this.loopsBefore = loops;
    return records;
  }

  /** Returns the loops that had begun when the copy was made. It is made again where it took long, by the loops. */
  private copy(arrays: LiveArrays): readonly number[] {
    for (let left = TRIES; ; left--) {
      const before = this.loopsBegun();
      arrays.copy();
      const after = this.loopsBegun();
      const middle = before.map((loops, hook) => Math.floor((loops + after[hook]!) / 2));
      if (left === 1 || before.every((loops, hook) => after[hook]! - loops <= 1)) return middle;
    }
  }

  private find(): void {
    const { process, heap, layout, globals } = this.target;
    try {
      const extent = readHeapExtent(process.memory, heap, globals.allocGlobals);
      this.arrays = LiveArrays.find(process.memory, { heap, hashTable: layout.hashTable }, extent);
    } catch (error) {
      if (!(error instanceof PhptraceError) || ++this.tries === TRIES) throw error;
    }
  }

  private changeOf(array: LiveArray, loops: readonly number[]): WatchRecord[] {
    const { address, elements, elementsFirst } = array;
    if (this.explained.has(address)) return [];
    const number = this.followed.get(address);
    if (number === undefined && elements <= elementsFirst) return [];
    if (this.isExplained(array)) {
      this.explained.add(address);
      return number === undefined ? [] : [this.drop(address, number)];
    }
    if (number !== undefined) {
      if (elements > elementsFirst) this.lines.ask(address);
      return [this.record(number, array, loops)];
    }
    if (this.followed.size >= MOST_FOLLOWED) return [];
    const added = this.given++;
    this.followed.set(address, added);
    const first = this.record(added, { ...array, elements: elementsFirst }, this.loopsBefore);
    return [first, this.record(added, array, loops)];
  }

  /** It is no older than the judged loops, so that each doubling was seen; or what it got are blocks that were. */
  private isExplained(array: LiveArray): boolean {
    const { process, layout } = this.target;
    const own = this.blockAt(array.address);
    if (own !== undefined && own.loop > this.warmup) return true;
    return holdsSeenBlocks(process.memory, layout, array, (address) => this.blockAt(address) !== undefined);
  }

  private drop(address: number, number: number): WatchRecord {
    this.followed.delete(address);
    this.explained.add(address);
    return { type: 'arrayGone', array: number };
  }

  private record(array: number, live: LiveArray, loops: readonly number[]): ArrayRecord {
    const { elements, capacity } = live;
    const by = this.lines.lineOf(live.address) ?? this.lineThatDoubled(live);
    return {
      type: 'array',
      array,
      loops: [...loops],
      elements,
      capacity,
      elementBytes: bytesAnElement(this.target.layout, live),
      ...(by === undefined ? {} : { by }),
    };
  }

  /** The line that made room in the array, where it did so in a loop that is settled: then it has a name in the log. */
  private lineThatDoubled({ dataBlock }: LiveArray): ArrayLine | undefined {
    const block = this.blockAt(dataBlock);
    if (block === undefined || !block.isSettled || block.loop <= this.warmup) return undefined;
    const { hook, site, path, outside } = block;
    return { hook, site, path, outside };
  }
}
