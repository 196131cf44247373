import { PhptraceError } from '../errors.js';
import type { HeapLayout } from '../php/heap-layout.js';
import { UnreadableMemory, pointerAt } from '../php/memory.js';
import type { ProcessMemory } from '../php/memory.js';
import { HEAP_PAGE_BYTES } from './page-map.js';

/** ZEND_MM_CHUNK_SIZE (Zend/zend_alloc_sizes.h). */
export const CHUNK_BYTES = 2 * 1024 * 1024;

/** zend_mm_chunk { heap, next, prev } and zend_mm_huge_list { ptr, size, next }: three words each (Zend/zend_alloc.c). */
const WORDS_BYTES = 24;

/** The heap's own structures do not fit each other: in a running process they may just have changed. */
export class HeapContradiction extends PhptraceError {
  constructor(pid: number, address: number, why: string) {
    super(
      `the PHP heap of process ${String(pid)} contradicts itself at ${hex(address)}: ${why}: ` +
        'it is corrupt, or this build of PHP is not supported yet: send the output of `phptrace doctor`',
    );
  }
}

/** What the Zend heap is made of. */
export interface HeapExtent {
  /** zend_mm_heap. */
  readonly address: number;
  /** Addresses of its chunks; the first is the one that holds the heap itself. */
  readonly chunks: readonly number[];
  readonly huge: readonly { readonly address: number; readonly sizeBytes: number }[];
}

/**
 * Follows the ring of chunks and the list of huge blocks, and checks each link.
 *
 * @param allocGlobals the address in the process of the pointer to the heap.
 * @throws PhptraceError where PHP has no heap of its own, or what is found contradicts itself, with the address
 */
export function readHeapExtent(memory: ProcessMemory, layout: HeapLayout, allocGlobals: number): HeapExtent {
  const address = memory.pointer(allocGlobals);
  if (address === 0) {
    throw new PhptraceError(`process ${String(memory.pid)} has no PHP heap yet: try again when PHP has started`);
  }
  if (memory.uint32(address + layout.useCustomHeap) !== 0) {
    throw new PhptraceError(
      `process ${String(memory.pid)} does not use PHP's own allocator (USE_ZEND_ALLOC=0 or an extension replaced it): ` +
        'start it without that',
    );
  }
  const realSize = memory.pointer(address + layout.realSize);
  const mainChunk = memory.pointer(address + layout.mainChunk);
  if (mainChunk !== address - (address % CHUNK_BYTES)) {
    throw contradiction(memory, address, `main_chunk is ${hex(mainChunk)}`);
  }
  const chunks = readChunks(memory, address, mainChunk, realSize);
  const first = memory.pointer(address + layout.hugeList);
  return { address, chunks, huge: readHuge(memory, first, realSize - chunks.length * CHUNK_BYTES) };
}

function readChunks(memory: ProcessMemory, heap: number, mainChunk: number, realSize: number): number[] {
  const chunks: number[] = [];
  let previous: number | undefined;
  for (let chunk = mainChunk; chunk !== mainChunk || chunks.length === 0;) {
    if (chunk % CHUNK_BYTES !== 0) throw contradiction(memory, chunk, 'a chunk begins at no multiple of 2 MiB');
    const [owner, next, before] = threeWords(memory, chunk);
    if (owner !== heap) throw contradiction(memory, chunk, `the chunk says that its heap is ${hex(owner)}`);
    if (previous !== undefined && before !== previous) {
      throw contradiction(memory, chunk, `prev is ${hex(before)}, and ${hex(previous)} comes before it`);
    }
    chunks.push(chunk);
    if (chunks.length * CHUNK_BYTES > realSize) {
      throw contradiction(memory, chunk, `there are more chunks than real_size, ${String(realSize)}, has room for`);
    }
    previous = chunk;
    chunk = next;
  }
  return chunks;
}

function readHuge(memory: ProcessMemory, first: number, leftBytes: number): HeapExtent['huge'] {
  const huge: { address: number; sizeBytes: number }[] = [];
  let left = leftBytes;
  for (let node = first; node !== 0;) {
    const [address, sizeBytes, next] = threeWords(memory, node);
    if (address === 0 || address % CHUNK_BYTES !== 0 || sizeBytes === 0 || sizeBytes % HEAP_PAGE_BYTES !== 0) {
      throw contradiction(memory, node, `no huge block is at ${hex(address)} with ${String(sizeBytes)} bytes`);
    }
    left -= sizeBytes;
    if (left < 0) throw contradiction(memory, node, 'the huge blocks take more than real_size has room for');
    huge.push({ address, sizeBytes });
    node = next;
  }
  return huge;
}

function threeWords(memory: ProcessMemory, address: number): [number, number, number] {
  let view: DataView;
  try {
    view = memory.read(address, WORDS_BYTES);
  } catch (error) {
    if (!(error instanceof UnreadableMemory)) throw error;
    throw contradiction(memory, address, 'its lists of chunks and huge blocks lead there, and nothing is mapped there');
  }
  return [pointerAt(view, 0), pointerAt(view, 8), pointerAt(view, 16)];
}

function contradiction(memory: ProcessMemory, address: number, why: string): HeapContradiction {
  return new HeapContradiction(memory.pid, address, why);
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
