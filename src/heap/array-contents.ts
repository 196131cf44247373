import type { EngineLayout } from '../php/engine-layout.js';
import { pointerAt, readOr } from '../php/memory.js';
import type { ProcessMemory } from '../php/memory.js';
import type { LiveArray } from './live-arrays.js';

/** Elements that are looked at: those that were put in last. */
const MOST_ELEMENTS = 64;
/** zval.u1.v.type and its numbers (Zend/zend_types.h): what is above a double is a pointer, also PHP's own (IS_PTR). */
const TYPE = 8;
const IS_DOUBLE = 5;
const IS_OBJECT = 8;
/** zend_object.handlers, which begin with the offset of the zend_object in its block (every version). */
const HANDLERS = 24;
const MOST_OFFSET = 4096;

/**
 * Whether what an array got lately are, for the most part, blocks that `isSeen`: its values, or its keys. Then it is
 * the lines of these blocks that make it longer, else what it got takes no memory but its places in the array. An array
 * that changes while it is read has none.
 *
 * @param added how many elements it has got
 * @throws PhptraceError where the process is gone
 */
export function holdsSeenBlocks(
  memory: ProcessMemory,
  layout: Pick<EngineLayout, 'bucket' | 'hashTable'>,
  array: LiveArray,
  added: number,
  isSeen: (address: number) => boolean,
): boolean {
  const { bucket, hashTable } = layout;
  const elementBytes = array.isPacked ? hashTable.packedElementBytes : bucket.sizeBytes;
  const count = Math.min(MOST_ELEMENTS, Math.max(1, added), array.used);
  if (count === 0) return false;
  return readOr(false, () => {
    const view = memory.read(array.data + (array.used - count) * elementBytes, count * elementBytes);
    // One block may be put in again and again.
    const seen = new Set<number>();
    for (let at = 0; at < count * elementBytes; at += elementBytes) {
      const key = array.isPacked ? 0 : pointerAt(view, at + bucket.key);
      const type = view.getUint8(at + TYPE);
      const value = type > IS_DOUBLE ? pointerAt(view, at) : 0;
      const blocks = [key, value, ...(type === IS_OBJECT && !isSeen(value) ? [value - offsetIn(memory, value)] : [])];
      const block = blocks.find((address) => isSeen(address) && !seen.has(address));
      if (block !== undefined) seen.add(block);
    }
    return seen.size * 2 >= count;
  });
}

/**
 * Whether what a heap of SPL has are, for the most part, blocks: then the lines that made these tell of it. A heap is in
 * no order of time: any of its elements do. @throws PhptraceError where the process is gone
 */
export function holdsBlocks(memory: ProcessMemory, { data, used, heapElementBytes = 0 }: LiveArray): boolean {
  const count = Math.min(MOST_ELEMENTS, used);
  if (count === 0) return false;
  return readOr(false, () => {
    const view = memory.read(data + (used - count) * heapElementBytes, count * heapElementBytes);
    const types = Array.from({ length: count }, (_, index) => view.getUint8(index * heapElementBytes + TYPE));
    return types.filter((type) => type > IS_DOUBLE).length * 2 >= count;
  });
}

/** How far in its block a zend_object lies. */
function offsetIn(memory: ProcessMemory, object: number): number {
  const offset = memory.uint32(memory.pointer(object + HANDLERS));
  return offset <= MOST_OFFSET ? offset : 0;
}

/** What an element takes: of a list its place, else also its share of the hash, 32 bits for each of twice the places. */
export function bytesAnElement(
  { bucket, hashTable }: Pick<EngineLayout, 'bucket' | 'hashTable'>,
  { isPacked, heapElementBytes }: Pick<LiveArray, 'isPacked' | 'heapElementBytes'>,
): number {
  if (heapElementBytes !== undefined) return heapElementBytes;
  return isPacked ? hashTable.packedElementBytes : bucket.sizeBytes + 8;
}
