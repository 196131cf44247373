import { PhptraceError } from '../errors.js';
import type { LiveArray, LiveArrays } from '../heap/live-arrays.js';
import { pauseMs } from '../native/libc.js';
import type { LiveBlock } from '../trace/ledger.js';

/** While no loop begins, arrays are looked at again so often, and for so small a share of the time. */
const AGAIN_MS = 100;
const SHARE = 25;
/** A buffer that each loop fills and empties is caught empty at one of so many looks, so far apart. */
const LOOKS = 32;
const APART_MS = 0.1;

/** An array that has got longer since the first loop. */
export interface Grown {
  /** With the elements that it had then as `elementsFirst`. */
  readonly array: LiveArray;
  /** The loops begun then, and now. */
  readonly since: readonly number[];
  readonly loops: readonly number[];
}

/** What the looks ask of the watch that they are part of. */
export interface EarlyWatch {
  /** Undefined, or a PhptraceError, where there is no heap yet, or it changed meanwhile. */
  find(): LiveArrays | undefined;
  /** Has all events read that are there. */
  readEvents(): void;
  /** Copies them as they are. Returns the loops begun by then. */
  copy(arrays: LiveArrays): readonly number[];
  blockAt(address: number): LiveBlock | undefined;
}

/**
 * The arrays as they were right before the first loop: all that a trace of a few very short loops can be compared with,
 * which is over before there was time for a second look.
 */
export class EarlyArrays {
  private arrays: LiveArrays | undefined;
  private loops: readonly number[] = [];
  /** Arrays that were made before, but in the trace. */
  private made: ReadonlySet<number> = new Set();
  private next = 0;

  constructor(
    private readonly watch: EarlyWatch,
    private readonly warmup: number,
  ) {}

  /** Looks at them again where it is time to, `now` in ms: to be called while no loop has begun. */
  refresh(now: number): void {
    if (now < this.next) return;
    this.watch.readEvents();
    this.take(now);
  }

  /**
   * Looks at them where that is not a moment ago: a loop may begin. Arrays whose birth waits to be read are passed over,
   * for this may be called while events are read.
   */
  await(now: number): void {
    if (this.arrays === undefined || now >= this.next) this.take(now);
  }

  private take(now: number): void {
    this.forget();
    const begun = performance.now();
    try {
      this.arrays = this.watch.find();
      if (this.arrays !== undefined) this.look(this.arrays);
    } catch (error) {
      this.forget();
      if (!(error instanceof PhptraceError)) throw error;
    }
    const costly = (performance.now() - begun) * SHARE;
    // A program that was just started has its heap in a moment.
    this.next = now + (this.arrays === undefined ? costly : Math.max(AGAIN_MS, costly));
  }

  /** Arrays that have got longer by an element in each other loop at least, and stay that. @throws PhptraceError */
  grown(): Grown[] {
    const { arrays, loops: since } = this;
    if (arrays === undefined) return [];
    const loops = this.watch.copy(arrays);
    const passed = Math.max(0, ...loops.map((begun, hook) => begun - (since[hook] ?? 0)));
    if (passed === 0) return [];
    const isLonger = ({ elements, elementsFirst }: LiveArray): boolean => (elements - elementsFirst) * 2 >= passed;
    let longer: LiveArray[] = [];
    arrays.forEachChange((array) => {
      if (isLonger(array) && this.isOlder(array)) longer.push(array);
    });
    for (let look = 0; look < LOOKS && longer.length > 0; look++) {
      pauseMs(APART_MS);
      arrays.copy();
      longer = longer
        .flatMap((array) => {
          const now = arrays.arrayAt(array.address);
          return now === undefined ? [] : [{ ...array, elements: Math.min(array.elements, now.elements) }];
        })
        .filter(isLonger);
    }
    return longer.map((array) => ({ array, since, loops }));
  }

  forget(): void {
    this.arrays?.close();
    this.arrays = undefined;
  }

  private look(arrays: LiveArrays): void {
    this.loops = this.watch.copy(arrays);
    const made = new Set<number>();
    arrays.forEachArray(({ address }) => {
      if (this.watch.blockAt(address) !== undefined) made.add(address);
    });
    this.made = made;
    arrays.forEachChange(() => undefined);
  }

  /** It was there at the look before, as far as blocks tell whose birth was seen. */
  private isOlder({ address }: LiveArray): boolean {
    const block = this.watch.blockAt(address);
    return this.made.has(address) ? block !== undefined && block.loop <= this.warmup : block === undefined;
  }
}
