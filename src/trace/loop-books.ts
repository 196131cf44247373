import { Generation } from './generation.js';
import { LateFreeTable } from './late-free-table.js';
import { OlderFrees } from './older-frees.js';
import type { Places } from './places.js';
import type { LoopRecord } from './records.js';

/** What is known of one loop until it is settled. Kept and used again for a later one, for its tables are large. */
export class LoopBooks {
  readonly generation = new Generation();
  readonly lateFrees = new LateFreeTable();
  readonly older = new OlderFrees();
  births = 0;
  heapBefore = 0;
  balanceBefore = 0;
  /** The kernel programs' number of the loop. */
  number = 0;
  /** Its last context has left it. */
  isOver = false;
  /** It is over and the next one has begun. */
  isEnded = false;
  /** The last loop that has to end before this one is settled. */
  settlesAfter = 0;
  private heapAfter = 0;
  private balanceAfter = 0;
  private beganNs = 0;
  private durationNs = 0;

  /** Makes these the books of a loop that begins now. `balance` is the running sum of what the events add up to. */
  begin(number: number, heapSize: number, balance: number, timeNs: number): void {
    this.generation.clear();
    this.lateFrees.clear();
    this.older.clear();
    this.births = 0;
    this.number = number;
    this.isOver = false;
    this.isEnded = false;
    this.heapBefore = heapSize;
    this.balanceBefore = balance;
    this.beganNs = timeNs;
  }

  /** The next loop begins now. */
  follow(heapSize: number, balance: number, timeNs: number): void {
    this.heapAfter = heapSize;
    this.balanceAfter = balance;
    this.durationNs = timeNs - this.beganNs;
  }

  record(hook: number, loop: number, places: Places): LoopRecord {
    const older = this.older.list();
    return {
      type: 'loop',
      hook,
      loop,
      residue: this.generation.residue(places),
      offset: this.generation.offset(places),
      lateFrees: this.lateFrees.list(places),
      ...(older.length > 0 ? { older } : {}),
      heapBefore: this.heapBefore,
      heapAfter: this.heapAfter,
      explained: this.balanceAfter - this.balanceBefore,
      births: this.births,
      durationNs: this.durationNs,
    };
  }
}
