import { clearFreeSlots } from './free-lists.js';
import type { MemoryImage } from './image.js';
import { Runs } from './runs.js';

/**
 * Every live block of a heap, as nodes 1 and up in order of address; node 0 is no block. A block is looked up by any
 * address within it in a few array reads. Memory: 8 bytes a live block and 4 a slot, free or not.
 */
export class BlockTable {
  /** Live blocks + 1. */
  readonly nodeCount: number;
  /** Where a block begins: index into the image's words. */
  readonly words: Uint32Array;
  readonly sizes8: Uint32Array;
  /** Bytes of all live blocks: what the heap itself calls its size. */
  readonly liveBytes: number;

  private constructor(
    readonly image: MemoryImage,
    readonly runs: Runs,
    /** Node of each slot, 0 for a free one. */
    private readonly nodeOfSlot: Uint32Array,
    live: number,
  ) {
    this.nodeCount = live + 1;
    this.words = new Uint32Array(this.nodeCount);
    this.sizes8 = new Uint32Array(this.nodeCount);
    this.liveBytes = this.number();
  }

  /** Walks the heap. @throws PhptraceError where its books contradict themselves: what, and at which address */
  static walk(image: MemoryImage): BlockTable {
    const runs = new Runs(image);
    const nodeOfSlot = new Uint32Array(runs.slots).fill(1);
    const free = clearFreeSlots(image, runs, nodeOfSlot);
    return new BlockTable(image, runs, nodeOfSlot, runs.slots - free);
  }

  /** The block that holds an address, given as its two halves; 0 where there is none. */
  find(low: number, high: number): number {
    const slot = this.runs.slotAt(low, high);
    return slot < 0 ? 0 : this.nodeOfSlot[slot]!;
  }

  /** The same for an address as one number. */
  findAt(address: number): number {
    return this.find(address >>> 0, Math.floor(address / 2 ** 32));
  }

  addressOf(node: number): number {
    return this.image.addressOfWord(this.words[node]!);
  }

  /** Live slots of a run. */
  liveIn(run: number): number {
    const first = this.runs.firstSlot[run]!;
    let live = 0;
    for (let slot = first; slot < first + this.runs.slotsOf(run); slot++) if (this.nodeOfSlot[slot] !== 0) live++;
    return live;
  }

  /** Gives the live slots their numbers; returns their bytes. */
  private number(): number {
    const { runs, nodeOfSlot, words, sizes8 } = this;
    let [node, bytes] = [0, 0];
    for (let run = 0; run < runs.count; run++) {
      const sizeBytes = runs.slotBytes[run]!;
      const first = runs.firstSlot[run]!;
      const end = first + runs.slotsOf(run);
      let word = runs.firstWord[run]!;
      for (let slot = first; slot < end; slot++, word += sizeBytes / 4) {
        if (nodeOfSlot[slot] === 0) continue;
        nodeOfSlot[slot] = ++node;
        words[node] = word;
        sizes8[node] = sizeBytes / 8;
        bytes += sizeBytes;
      }
    }
    return bytes;
  }
}
