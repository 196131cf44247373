import { LoopBooks } from './loop-books.js';
import type { Places } from './places.js';
import type { LoopRecord } from './records.js';

/**
 * A loop that fibers never leave is given up when so many others have begun: this many times what a loop that did end
 * has taken, within these bounds. The upper one holds while few have ended: the first to end are the shortest, and many
 * may well be under way.
 */
const PATIENCE = 4;
const LEAST_OPEN_LOOPS = 64;
const MOST_OPEN_LOOPS = 512;
const TELLING_ENDS = 32;

/**
 * The loops of one hook that are not settled. Where none overlap these are the one that runs and the one before it,
 * which may still offset each other; where fibers overlap, all that are under way, and those that wait for them: a loop
 * is settled when all that were under way at its end have ended too, the next one in any case. Everything older is only
 * known to the pointer table.
 */
export class HookLedger {
  /** The loop that began last; -1 before the first boundary. */
  loop = -1;
  /** The loop that the context which runs is part of; one that is settled or -2 stands for none. */
  running = -1;
  /** Loops that were settled though not all of their contexts had left them. */
  givenUp = 0;
  /** The oldest loop that is not settled. */
  private first = -1;
  /** The last loop of which all before it have ended, too. */
  private endedUpTo = -2;
  /** By loop, from `first` to `loop`. */
  private readonly open: LoopBooks[] = [new LoopBooks()];
  private readonly spare: LoopBooks[] = [];
  private ends = 0;
  private longestSpan = 0;

  constructor(
    private readonly hook: number,
    private readonly places: Places,
  ) {
    this.open[0]!.isOver = true;
  }

  isSettled(loop: number): boolean {
    return loop < this.first;
  }

  /** `loop` is one that is not settled. */
  born(place: number, sizeBytes: number, loop: number): void {
    const books = this.booksOf(loop);
    books.births++;
    books.generation.born(place, sizeBytes);
  }

  /** A block of this hook ended; `site` is where, or UNSEEN_FREE; `inLoop` is charged with it where its own is settled. */
  died(place: number, birthLoop: number, sizeBytes: number, site: number, inLoop: number): void {
    if (birthLoop >= this.first) this.booksOf(birthLoop).generation.died(place, sizeBytes);
    else this.diedLate(place, birthLoop, sizeBytes, site, inLoop);
  }

  diedLate(place: number, birthLoop: number, sizeBytes: number, site: number, inLoop: number): void {
    this.booksOf(inLoop).lateFrees.add(site, place, birthLoop, sizeBytes);
  }

  /** A block ended whose birth was not seen. */
  freedOlder(sizeBytes: number): void {
    this.booksOf(this.loop).older.add(sizeBytes);
  }

  /**
   * The next loop begins, in the context that runs. `number` is the kernel programs' number of it, `over` that of the
   * loop that ends with it, if one does. Returns the records of the loops that are settled now; call 0 and what was
   * before have none. `balance` is the running sum of what the events add up to.
   */
  boundary(heapSize: number, balance: number, timeNs: number, number: number, over: number): LoopRecord[] {
    const last = this.booksOf(this.loop);
    last.follow(heapSize, balance, timeNs);
    if (this.running >= this.first) this.ends++;

    const books = this.spare.pop() ?? new LoopBooks();
    books.begin(number, heapSize, balance, timeNs);
    this.open.push(books);
    this.running = ++this.loop;
    if (last.isOver) this.end(this.loop - 1);
    this.over(over);
    this.giveUp();
    return this.settle();
  }

  /** Another context runs, which is part of the loop with this number; 0: of none. */
  switchTo(number: number): void {
    this.running = number === 0 ? -2 : this.loopOf(number);
  }

  /** The last context of a loop has left it. Returns the records of the loops that are settled by that. */
  left(number: number): LoopRecord[] {
    this.over(number);
    return this.settle();
  }

  /** The heap dropped everything and holds `heapSize` bytes now: the last loop is explained up to this point. */
  reset(heapSize: number, balance: number): void {
    for (const { generation } of this.open) generation.dropLive();
    const last = this.booksOf(this.loop);
    last.balanceBefore = balance - (heapSize - last.heapBefore);
  }

  private over(number: number): void {
    if (number === 0) return;
    this.ends++;
    // One that was given up: so long others may take, too.
    const behind = (this.open.at(-1)?.number ?? number) - number;
    if (number < this.open[0]!.number) this.longestSpan = Math.max(this.longestSpan, behind);
    const loop = this.loopOf(number);
    const books = this.open[loop - this.first];
    if (books?.number !== number || books.isOver) return;
    books.isOver = true;
    if (loop < this.loop) this.end(loop);
  }

  private end(loop: number): void {
    const books = this.booksOf(loop);
    if (books.isEnded) return;
    this.longestSpan = Math.max(this.longestSpan, this.loop - loop);
    books.settlesAfter = this.loop;
    this.close(books);
  }

  private close(books: LoopBooks): void {
    books.generation.endLoop();
    books.isEnded = true;
    while (this.open[this.endedUpTo + 1 - this.first]?.isEnded) this.endedUpTo++;
  }

  /** Those that still run when they are given up are part of no loop from then on. */
  private giveUp(): void {
    const most = Math.max(LEAST_OPEN_LOOPS, Math.min(MOST_OPEN_LOOPS, PATIENCE * this.longestSpan));
    const patience = this.ends >= TELLING_ENDS ? most : MOST_OPEN_LOOPS;
    while (this.loop - (this.endedUpTo + 1) >= patience) {
      const books = this.booksOf(this.endedUpTo + 1);
      books.settlesAfter = this.endedUpTo + 1;
      this.givenUp++;
      this.close(books);
    }
  }

  private settle(): LoopRecord[] {
    const records: LoopRecord[] = [];
    while (this.first <= this.endedUpTo && this.open[0]!.settlesAfter <= this.endedUpTo) {
      const books = this.open.shift()!;
      const loop = this.first++;
      if (loop >= 1) records.push(books.record(this.hook, loop, this.places));
      this.spare.push(books);
    }
    return records;
  }

  private booksOf(loop: number): LoopBooks {
    return this.open[loop - this.first]!;
  }

  /** Loops are numbered one by one; where the beginning of one was lost it is part of the one before. */
  private loopOf(number: number): number {
    let at = Math.min(number - this.open[0]!.number, this.open.length - 1);
    while (at >= 0 && this.open[at]!.number > number) at--;
    return at < 0 ? -2 : this.first + at;
  }
}
