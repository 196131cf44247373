import { PhptraceError } from '../errors.js';
import { BIN_PAGES, BIN_SIZES } from '../php/bins.js';
import type { MemoryImage, Segment } from './image.js';
import {
  HEAP_PAGE_BYTES,
  LARGE_RUN,
  LARGE_RUN_PAGES,
  PAGES_A_CHUNK,
  RUN_KIND,
  SMALL_RUN,
  SMALL_RUN_BIN,
} from './page-map.js';

const CHUNK_MASK = 0x1fffff;
/** Bin numbers of runs that are no small ones. */
export const LARGE_BIN = 30;
export const HUGE_BIN = 31;

/** The page runs of all chunks, and the huge blocks, in order of address: each is a row of slots of one size. */
export class Runs {
  count = 0;
  slots = 0;
  readonly bins: Uint8Array;
  readonly slotBytes: Float64Array;
  readonly firstSlot: Uint32Array;
  readonly firstWord: Uint32Array;
  private readonly segmentOfRun: Uint32Array;
  /** By segment: where its pages begin in runOfPage, -1 where it is no part of the heap. */
  private readonly firstPage: Int32Array;
  /** By segment. */
  private readonly firstSegmentWord: Uint32Array;
  /** By segment: mask of the address bits that lie within it; 0 for a huge block, which is one slot. */
  private readonly masks: Uint32Array;
  /** Run + 1 of each page; a huge block takes one entry. */
  private readonly runOfPage: Uint32Array;

  constructor(private readonly image: MemoryImage) {
    const parts = image.segments.filter(({ kind }) => kind !== 'memory');
    const most = parts.reduce((sum, { kind }) => sum + (kind === 'chunk' ? PAGES_A_CHUNK - 1 : 1), 0);
    this.bins = new Uint8Array(most);
    this.slotBytes = new Float64Array(most);
    this.firstSlot = new Uint32Array(most);
    this.firstWord = new Uint32Array(most);
    this.segmentOfRun = new Uint32Array(most);
    this.firstPage = new Int32Array(image.segments.length).fill(-1);
    this.firstSegmentWord = Uint32Array.from(image.segments, ({ offset }) => offset / 4);
    this.masks = Uint32Array.from(image.segments, ({ kind }) => (kind === 'chunk' ? CHUNK_MASK : 0));
    this.runOfPage = new Uint32Array(parts.length * PAGES_A_CHUNK);
    let place = 0;
    for (const [index, segment] of image.segments.entries()) {
      if (segment.kind === 'memory') continue;
      this.firstPage[index] = place;
      const before = this.count;
      if (segment.kind === 'chunk') this.addChunk(segment, place);
      else this.runOfPage[place] = this.add(HUGE_BIN, segment.sizeBytes, segment.offset / 4);
      this.segmentOfRun.fill(index, before, this.count);
      place += PAGES_A_CHUNK;
    }
  }

  slotsOf(run: number): number {
    const bin = this.bins[run]!;
    return bin >= LARGE_BIN ? 1 : SLOTS[bin]!;
  }

  /** Index of the image's segment that holds a run. */
  segmentOf(run: number): number {
    return this.segmentOfRun[run]!;
  }

  /** The slot that holds an address, or -1: no heap there, a page that is free, the rest behind a run's last slot. */
  slotAt(low: number, high: number): number {
    const segment = this.image.heapSegmentAt(low, high);
    if (segment < 0) return -1;
    const within = low & this.masks[segment]!;
    const run = this.runOfPage[this.firstPage[segment]! + (within >>> 12)]! - 1;
    if (run < 0) return -1;
    const bin = this.bins[run]!;
    if (bin >= LARGE_BIN) return this.firstSlot[run]!;
    const withinRun = (this.firstSegmentWord[segment]! - this.firstWord[run]!) * 4 + within;
    const slot = (withinRun / BIN_SIZES[bin]!) | 0;
    return slot < SLOTS[bin]! ? this.firstSlot[run]! + slot : -1;
  }

  /** The run that holds an address, or -1. */
  runAt(low: number, high: number): number {
    const segment = this.image.heapSegmentAt(low, high);
    if (segment < 0) return -1;
    return this.runOfPage[this.firstPage[segment]! + ((low & this.masks[segment]!) >>> 12)]! - 1;
  }

  private addChunk(segment: Segment, place: number): void {
    const { words, header } = this.image;
    const map = (segment.offset + header.heap.chunkMap) / 4;
    const isUsed = (page: number): boolean => ((words[map - 16 + (page >>> 5)]! >>> (page & 31)) & 1) === 1;
    for (let page = 1; page < PAGES_A_CHUNK;) {
      const info = words[map + page]!;
      if (!isUsed(page)) {
        page++;
        continue;
      }
      const kind = info & RUN_KIND;
      const isSmall = kind === SMALL_RUN;
      const bin = isSmall ? info & SMALL_RUN_BIN : LARGE_BIN;
      const pages = isSmall ? (BIN_PAGES[bin] ?? 0) : info & LARGE_RUN_PAGES;
      if ((!isSmall && kind !== LARGE_RUN) || pages === 0 || page + pages > PAGES_A_CHUNK) {
        throw new PhptraceError(
          `the heap contradicts itself: page ${String(page)} of the chunk at 0x${segment.address.toString(16)} is in ` +
            `use and its entry in the page map is 0x${info.toString(16)}: the copy was taken in the middle of an ` +
            'allocation, or memory is corrupt: take another',
        );
      }
      const firstWord = (segment.offset + page * HEAP_PAGE_BYTES) / 4;
      const run = this.add(bin, isSmall ? BIN_SIZES[bin]! : pages * HEAP_PAGE_BYTES, firstWord);
      this.runOfPage.fill(run, place + page, place + page + pages);
      page += pages;
    }
  }

  /** Returns the run's number + 1. */
  private add(bin: number, slotBytes: number, firstWord: number): number {
    const run = this.count++;
    this.bins[run] = bin;
    this.slotBytes[run] = slotBytes;
    this.firstSlot[run] = this.slots;
    this.firstWord[run] = firstWord;
    this.slots += this.slotsOf(run);
    return this.count;
  }
}

/** Slots of a run, by bin. */
const SLOTS = BIN_SIZES.map((size, bin) => Math.floor((BIN_PAGES[bin]! * HEAP_PAGE_BYTES) / size));
