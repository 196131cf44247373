/** malloc_chunk of glibc (malloc/malloc.c, 2.26 and later, x86-64): its size with flags stands before what is given out. */
export const MALLOC_ALIGNMENT = 16;
const HEADER = 16;
const SIZE = 8;
const PREV_INUSE = 1;
const IS_MMAPPED = 2;
const FLAGS = 8;
const LEAST_BYTES = 32;

/**
 * Bytes of the block that glibc's malloc has given out at an address; 0 where its header and the one behind it do not say
 * that there is one, or it is larger than `most`.
 */
export function mallocBlockBytes(memory: { pointer(address: number): number }, address: number, most: number): number {
  if (address < HEADER || address % MALLOC_ALIGNMENT !== 0) return 0;
  const head = memory.pointer(address - SIZE);
  const flags = head % FLAGS;
  const sizeBytes = head - flags;
  if (sizeBytes < LEAST_BYTES || sizeBytes > most + HEADER || sizeBytes % MALLOC_ALIGNMENT !== 0) return 0;
  if ((flags & IS_MMAPPED) !== 0) return sizeBytes - HEADER;
  // The next block says that this one is in use, and lends it its first word.
  const next = memory.pointer(address - HEADER + sizeBytes + SIZE);
  return (next & PREV_INUSE) !== 0 ? sizeBytes - SIZE : 0;
}
