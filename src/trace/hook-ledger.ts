import { Generation } from './generation.js';
import { LateFreeTable } from './late-free-table.js';
import { OlderFrees } from './older-frees.js';
import type { Places } from './places.js';
import type { LoopRecord } from './records.js';

/**
 * The loops of one hook: the blocks of the loop that runs and of the one before it, which may still offset each other,
 * and the late frees of both. Everything older is settled and only known to the pointer table.
 */
export class HookLedger {
  /** The loop that runs; -1 before the first boundary. */
  loop = -1;
  private current: LoopBooks = newBooks();
  private previous: LoopBooks = newBooks();

  constructor(
    private readonly hook: number,
    private readonly places: Places,
  ) {}

  born(place: number, sizeBytes: number): void {
    this.current.births++;
    this.current.generation.born(place, sizeBytes);
  }

  /** A block of this hook ended; `site` is where, or UNSEEN_FREE. */
  died(place: number, birthLoop: number, sizeBytes: number, site: number): void {
    const age = this.loop - birthLoop;
    if (age === 0) this.current.generation.died(place, sizeBytes);
    else if (age === 1) this.previous.generation.died(place, sizeBytes);
    else this.current.lateFrees.add(site, place, birthLoop, sizeBytes);
  }

  /** A block ended whose birth was not seen. */
  freedOlder(sizeBytes: number): void {
    this.current.older.add(sizeBytes);
  }

  /**
   * The running loop ends and the next begins. Returns the record of the loop before it, which is settled now, or
   * undefined where that is call 0 or earlier. `balance` is the running sum of what the events add up to.
   */
  boundary(heapSize: number, balance: number, timeNs: number): LoopRecord | undefined {
    const ended = this.current;
    ended.heapAfter = heapSize;
    ended.balanceAfter = balance;
    ended.durationNs = timeNs - ended.beganNs;
    ended.generation.endLoop();

    const record = this.loop >= 2 ? this.settle(this.previous, this.loop - 1) : undefined;

    const next = this.previous;
    next.generation.clear();
    next.lateFrees.clear();
    next.older.clear();
    next.births = 0;
    next.heapBefore = heapSize;
    next.balanceBefore = balance;
    next.beganNs = timeNs;
    this.previous = ended;
    this.current = next;
    this.loop++;
    return record;
  }

  /** The heap dropped everything and holds `heapSize` bytes now: the running loop is explained up to this point. */
  reset(heapSize: number, balance: number): void {
    this.current.generation.dropLive();
    this.previous.generation.dropLive();
    this.current.balanceBefore = balance - (heapSize - this.current.heapBefore);
  }

  private settle(books: LoopBooks, loop: number): LoopRecord {
    const older = books.older.list();
    return {
      type: 'loop',
      hook: this.hook,
      loop,
      residue: books.generation.residue(this.places),
      offset: books.generation.offset(this.places),
      lateFrees: books.lateFrees.list(this.places),
      ...(older.length > 0 ? { older } : {}),
      heapBefore: books.heapBefore,
      heapAfter: books.heapAfter,
      explained: books.balanceAfter - books.balanceBefore,
      births: books.births,
      durationNs: books.durationNs,
    };
  }
}

interface LoopBooks {
  readonly generation: Generation;
  readonly lateFrees: LateFreeTable;
  readonly older: OlderFrees;
  births: number;
  heapBefore: number;
  heapAfter: number;
  balanceBefore: number;
  balanceAfter: number;
  beganNs: number;
  durationNs: number;
}

function newBooks(): LoopBooks {
  return {
    generation: new Generation(),
    lateFrees: new LateFreeTable(),
    older: new OlderFrees(),
    births: 0,
    heapBefore: 0,
    heapAfter: 0,
    balanceBefore: 0,
    balanceAfter: 0,
    beganNs: 0,
    durationNs: 0,
  };
}
