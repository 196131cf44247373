import test from 'ava';
import { BlockTable } from '../../src/heap/blocks.js';
import { fragmentationOf } from '../../src/heap/fragmentation.js';
import { MemoryImage } from '../../src/heap/image.js';
import type { ImageHeader, Segment } from '../../src/heap/image.js';

// Heaps are laid out here as Zend/zend_alloc.c does: page map and bits of pages in use in each chunk's first page.

const CHUNK_BYTES = 2 ** 21;
const PAGE_BYTES = 4096;
const BASE = 0x7f12_3440_0000;
const [HEAP, FREE_SLOT, MAIN_CHUNK, CHUNK_MAP] = [64, 32, 304, 512];
const SMALL_RUN = 0x8000_0000;
const LARGE_RUN = 0x4000_0000;

test('an empty heap is one chunk of free pages', (t) => {
  t.deepEqual(fragmentationOf(new Heap(1).walk()), {
    mappedBytes: CHUNK_BYTES,
    liveBytes: 0,
    bins: [],
    freePageBytes: 511 * PAGE_BYTES,
    collectableBytes: 0,
    emptyChunks: 1,
    chunks: 1,
    cachedChunks: 0,
  });
});

test('free slots beside live ones are told by bin, pages of which all slots are free can be given back', (t) => {
  const heap = new Heap(1);
  heap.smallRun({ page: 1, bin: 0, pages: 1 });
  heap.freeSlots({ page: 1, bin: 0, slotBytes: 8, slots: [0, 511] });
  heap.smallRun({ page: 2, bin: 16, pages: 5 });
  heap.freeSlots({ page: 2, bin: 16, slotBytes: 320, slots: Array.from({ length: 64 }, (_, slot) => slot) });
  heap.largeRun(10, 3);
  t.like(fragmentationOf(heap.walk()), {
    liveBytes: 510 * 8 + 3 * PAGE_BYTES,
    bins: [{ slotBytes: 8, live: 510, free: 2, freeBytes: 16 }],
    freePageBytes: (511 - 1 - 5 - 3) * PAGE_BYTES,
    collectableBytes: 5 * PAGE_BYTES,
    emptyChunks: 0,
  });
});

test('a bin without a free slot is not listed, and what a run has behind its last slot counts nowhere', (t) => {
  const heap = new Heap(1);
  heap.smallRun({ page: 1, bin: 26, pages: 7 });
  const { bins, liveBytes, freePageBytes } = fragmentationOf(heap.walk());
  t.deepEqual(bins, []);
  t.is(liveBytes, 16 * 1792);
  t.is(freePageBytes, (511 - 7) * PAGE_BYTES);
});

test('chunks in which nothing is alive are empty, also where a run is, and huge blocks are no chunks', (t) => {
  const heap = new Heap(3, 4 * 2 ** 20);
  heap.largeRun(1, 511);
  heap.smallRun({ page: 512 + 1, bin: 7, pages: 1 });
  heap.freeSlots({
    page: 512 + 1,
    bin: 7,
    slotBytes: 64,
    slots: Array.from({ length: 64 }, (_, slot) => slot),
  });
  heap.cachedChunks(2);
  t.like(fragmentationOf(heap.walk()), {
    mappedBytes: 3 * CHUNK_BYTES + 4 * 2 ** 20 + 2 * CHUNK_BYTES,
    liveBytes: 511 * PAGE_BYTES + 4 * 2 ** 20,
    freePageBytes: (2 * 511 - 1) * PAGE_BYTES,
    collectableBytes: PAGE_BYTES,
    emptyChunks: 2,
    chunks: 3,
    cachedChunks: 2,
  });
});

/** Chunks that follow each other, and behind them a huge block. Pages are numbered through all chunks. */
class Heap {
  private readonly words: Uint32Array;
  /** Last free slot of each bin: index of the word that leads to the next. */
  private readonly tails = new Map<number, number>();

  constructor(
    private readonly chunks: number,
    private readonly hugeBytes = 0,
  ) {
    this.words = new Uint32Array((chunks * CHUNK_BYTES + hugeBytes) / 4);
    // A chunk's first page is in use, for its own books.
    for (let chunk = 0; chunk < chunks; chunk++) this.use(chunk * 512, 1, LARGE_RUN + 1);
  }

  smallRun({ page, bin, pages }: { page: number; bin: number; pages: number }): void {
    this.use(page, pages, SMALL_RUN + bin);
  }

  largeRun(page: number, pages: number): void {
    this.use(page, pages, LARGE_RUN + pages);
  }

  freeSlots({ page, bin, slotBytes, slots }: { page: number; bin: number; slotBytes: number; slots: number[] }): void {
    for (const slot of slots) {
      const offset = page * PAGE_BYTES + slot * slotBytes;
      const tail = this.tails.get(bin) ?? (HEAP + FREE_SLOT + 8 * bin) / 4;
      this.words[tail] = (BASE + offset) >>> 0;
      this.words[tail + 1] = Math.floor((BASE + offset) / 2 ** 32);
      this.tails.set(bin, offset / 4);
    }
  }

  cachedChunks(count: number): void {
    this.words[(HEAP + MAIN_CHUNK + 24) / 4] = count;
  }

  walk(): BlockTable {
    const segments: Segment[] = Array.from({ length: this.chunks }, (_, chunk) =>
      segment('chunk', chunk * CHUNK_BYTES, CHUNK_BYTES),
    );
    if (this.hugeBytes > 0) segments.push(segment('huge', this.chunks * CHUNK_BYTES, this.hugeBytes));
    const header = {
      heapAddress: BASE + HEAP,
      heap: { freeSlot: FREE_SLOT, mainChunk: MAIN_CHUNK, chunkMap: CHUNK_MAP },
    } as unknown as ImageHeader;
    return BlockTable.walk(new MemoryImage(header, segments, this.words.buffer as ArrayBuffer));
  }

  private use(page: number, pages: number, info: number): void {
    const [chunk, first] = [Math.floor(page / 512) * CHUNK_BYTES, page % 512];
    const map = (chunk + CHUNK_MAP) / 4;
    for (let at = first; at < first + pages; at++) {
      this.words[map - 16 + (at >>> 5)]! |= 1 << (at & 31);
      this.words[map + at] = info;
    }
  }
}

function segment(kind: Segment['kind'], offset: number, sizeBytes: number): Segment {
  return { address: BASE + offset, sizeBytes, offset, kind, name: '' };
}
