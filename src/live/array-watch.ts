import { PhptraceError } from '../errors.js';
import { bytesAnElement, holdsSeenBlocks } from '../heap/array-contents.js';
import { readHeapExtent } from '../heap/heap-extent.js';
import { LiveArrays } from '../heap/live-arrays.js';
import type { LiveArray } from '../heap/live-arrays.js';
import { SystemCallError } from '../native/libc.js';
import type { LiveBlock } from '../trace/ledger.js';
import type { ArrayGoneRecord, ArrayRecord } from '../trace/records.js';
import { LookTimes } from './look-times.js';
import type { Target } from './target.js';

/** Where the heap changed while its arrays were looked for, so often they are looked for again. */
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

  /** @param blockAt the live block at an address, where its birth was seen */
  constructor(
    private readonly target: Target,
    private readonly warmup: number,
    private readonly blockAt: (address: number) => LiveBlock | undefined,
    private readonly debug: (message: string) => void,
  ) {
    this.times = new LookTimes(warmup);
  }

  /** What has changed, where a look is due and loops have begun since the last one. `loopsSeen` is by hook, `now` in ms. */
  look(now: number, loopsSeen: readonly number[]): WatchRecord[] {
    return !this.isOver && this.times.isDue(now, loopsSeen) ? this.changes(now, loopsSeen) : [];
  }

  /** The last look, to be had when all events are read: what is gone by then is told too. */
  finish(loopsSeen: readonly number[]): WatchRecord[] {
    if (this.isOver || this.arrays === undefined) return [];
    const records = this.changes(0, loopsSeen);
    const { arrays } = this;
    const gone = [...this.followed].filter(([address]) => {
      const array = arrays.arrayAt(address);
      return array === undefined || this.isExplained(array);
    });
    return [...records, ...gone.map(([address, number]) => this.drop(address, number))];
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
    const records: WatchRecord[] = [];
    try {
      this.times.have(now, loopsSeen, () => {
        if (this.arrays === undefined) this.find();
        else this.arrays.look((array) => records.push(...this.changeOf(array, loopsSeen)));
      });
      this.loopsBefore = [...loopsSeen];
    } catch (error) {
      if (!(error instanceof PhptraceError || error instanceof SystemCallError)) throw error;
      this.isOver = true;
      this.debug(`how long arrays are is not watched: ${error.message}`);
    }
    return records;
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
    if (number !== undefined) return [this.record(number, array, loops)];
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
    const block = this.blockAt(live.dataBlock);
    const isOfALoop = block !== undefined && block.isSettled && block.loop > this.warmup;
    return {
      type: 'array',
      array,
      loops: [...loops],
      elements,
      capacity,
      elementBytes: bytesAnElement(this.target.layout, live),
      ...(isOfALoop ? { born: { hook: block.hook, site: block.site, outside: block.outside } } : {}),
    };
  }
}
