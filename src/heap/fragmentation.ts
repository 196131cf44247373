import { BIN_PAGES, BIN_SIZES } from '../php/bins.js';
import type { BlockTable } from './blocks.js';
import { CHUNK_BYTES } from './heap-extent.js';
import { LARGE_BIN } from './runs.js';
import { HEAP_PAGE_BYTES } from './page-map.js';

/** Pages of a chunk that can be handed out: all but its first. */
const CHUNK_PAGES = 511;
/** Offset from main_chunk to cached_chunks_count in zend_mm_heap (Zend/zend_alloc.c, 7.4 to 8.5). */
const CACHED_COUNT = 24;

/** How much of a heap is held and not used. Bytes. */
export interface Fragmentation {
  /** What the heap has from the system: its chunks, its cached ones, its huge blocks. */
  readonly mappedBytes: number;
  /** What live blocks take. */
  readonly liveBytes: number;
  /** By bin: free slots within pages that hold at least one live block. Only bins that have such. */
  readonly bins: readonly BinFragmentation[];
  /** Pages of which no part is in use, within chunks. */
  readonly freePageBytes: number;
  /** What gc_mem_caches() would give back: pages of small runs in which nothing is alive. */
  readonly collectableBytes: number;
  /** Chunks in which nothing is alive, whole chunks that could go back to the system. */
  readonly emptyChunks: number;
  readonly chunks: number;
  readonly cachedChunks: number;
}

export interface BinFragmentation {
  readonly slotBytes: number;
  readonly live: number;
  readonly free: number;
  readonly freeBytes: number;
}

/** Adds up what a heap holds without using it. */
export function fragmentationOf(blocks: BlockTable): Fragmentation {
  const { runs, image } = blocks;
  const live = new Float64Array(BIN_SIZES.length);
  const free = new Float64Array(BIN_SIZES.length);
  const usedPages = new Map<number, number>();
  let collectable = 0;
  for (let run = 0; run < runs.count; run++) {
    const bin = runs.bins[run]!;
    const inRun = blocks.liveIn(run);
    const segment = runs.segmentOf(run);
    const pages = bin < LARGE_BIN ? BIN_PAGES[bin]! : runs.slotBytes[run]! / HEAP_PAGE_BYTES;
    usedPages.set(segment, (usedPages.get(segment) ?? 0) + (inRun > 0 ? pages : 0));
    if (bin >= LARGE_BIN) continue;
    if (inRun === 0) collectable += pages * HEAP_PAGE_BYTES;
    else {
      live[bin]! += inRun;
      free[bin]! += runs.slotsOf(run) - inRun;
    }
  }
  const parts = image.segments.filter(({ kind }) => kind !== 'memory');
  const chunks = parts.filter(({ kind }) => kind === 'chunk').length;
  const used = [...usedPages].filter(([segment]) => image.segments[segment]!.kind === 'chunk');
  const usedInChunks = used.reduce((sum, [, pages]) => sum + pages, 0);
  const cachedChunks = image.uint32(image.header.heapAddress + image.header.heap.mainChunk + CACHED_COUNT);
  return {
    mappedBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + cachedChunks * CHUNK_BYTES,
    liveBytes: blocks.liveBytes,
    bins: BIN_SIZES.flatMap((slotBytes, bin) => {
      const [inUse, unused] = [live[bin]!, free[bin]!];
      return unused === 0 ? [] : [{ slotBytes, live: inUse, free: unused, freeBytes: unused * slotBytes }];
    }),
    freePageBytes: (chunks * CHUNK_PAGES - usedInChunks) * HEAP_PAGE_BYTES - collectable,
    collectableBytes: collectable,
    emptyChunks: chunks - used.filter(([, pages]) => pages > 0).length,
    chunks,
    cachedChunks,
  };
}
