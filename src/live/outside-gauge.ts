import { readHeapRanges } from '../heap/heap-ranges.js';
import { Pagemap } from '../php/pagemap.js';
import { countOwnMemory, ownRanges } from '../php/own-memory.js';
import type { OwnMemory, Range } from '../php/own-memory.js';
import type { HeapOwner } from './target.js';

/** How often the heap is read again where it changed meanwhile. */
const TRIES = 4;

/**
 * Measures what a running process has in memory outside of PHP's heap, page by page: the pages of the heap's own pieces
 * are left out by their addresses, so a heap that grows, or touches its pages for the first time, does not show. The
 * counters of /proc/<pid>/status would, and they lag by up to some MB. To be closed.
 */
export class OutsideGauge {
  private readonly pagemap: Pagemap;

  /** @throws PhptraceError where the process is gone, or its pages are not for us to see */
  constructor(private readonly owner: HeapOwner) {
    this.pagemap = new Pagemap(owner.process.pid);
  }

  /**
   * Undefined where the heap changed all the time. A huge block that comes and goes while pages are counted may be
   * among them: of many samples the least are right. @throws PhptraceError where the process is gone
   */
  sample(): OwnMemory | undefined {
    const before = this.heapRanges();
    if (before === undefined) return undefined;
    const own = ownRanges(this.owner.process.pid);
    const between = this.heapRanges();
    if (between === undefined) return undefined;
    return countOwnMemory(this.pagemap, own, [...before, ...between]);
  }

  close(): void {
    this.pagemap.close();
  }

  private heapRanges(): readonly Range[] | undefined {
    const { process, heap, globals } = this.owner;
    for (let left = TRIES; left > 0; left--) {
      const ranges = readHeapRanges(process.memory, heap, globals.allocGlobals);
      if (ranges !== undefined) return ranges;
    }
    return undefined;
  }
}
