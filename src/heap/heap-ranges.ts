import type { HeapLayout } from '../php/heap-layout.js';
import { UnreadableMemory, pointerAt } from '../php/memory.js';
import type { ProcessMemory } from '../php/memory.js';
import type { Range } from '../php/own-memory.js';
import { CHUNK_BYTES, HeapContradiction, readHeapExtent } from './heap-extent.js';
import type { HeapExtent } from './heap-extent.js';

/**
 * Every piece of memory that the Zend heap of a running process has from the system: chunks, those that it keeps for
 * later, huge blocks. Undefined where the heap changed while it was read: that these pieces add up to real_size proves
 * that none is missing, whatever the build. @throws PhptraceError where the process is gone, or has no such heap
 */
export function readHeapRanges(
  memory: ProcessMemory,
  layout: HeapLayout,
  allocGlobals: number,
): readonly Range[] | undefined {
  try {
    const extent = readHeapExtent(memory, layout, allocGlobals);
    const cached = readCachedChunks(memory, layout, extent);
    const chunks = [...extent.chunks, ...cached].map((start) => ({ start, end: start + CHUNK_BYTES }));
    const huge = extent.huge.map(({ address, sizeBytes }) => ({ start: address, end: address + sizeBytes }));
    const ranges = [...chunks, ...huge];
    const sum = ranges.reduce((total, { start, end }) => total + end - start, 0);
    return sum === memory.pointer(extent.address + layout.realSize) ? ranges : undefined;
  } catch (error) {
    if (error instanceof UnreadableMemory || error instanceof HeapContradiction) return undefined;
    throw error;
  }
}

/**
 * zend_mm_heap { …, main_chunk, cached_chunks, int chunks_count, … } (Zend/zend_alloc.c, PHP 7.4 to 8.5): chunks that
 * hold nothing now, linked by `next`. real_size counts them too.
 */
function readCachedChunks(memory: ProcessMemory, layout: HeapLayout, { address }: HeapExtent): number[] {
  const most = memory.pointer(address + layout.realSize) / CHUNK_BYTES;
  const cached: number[] = [];
  for (let chunk = memory.pointer(address + layout.mainChunk + 8); chunk !== 0;) {
    const words = memory.read(chunk, 16);
    if (chunk % CHUNK_BYTES !== 0 || pointerAt(words, 0) !== address || cached.length >= most) {
      throw new HeapContradiction(memory.pid, chunk, 'no chunk is kept there');
    }
    cached.push(chunk);
    chunk = pointerAt(words, 8);
  }
  return cached;
}
