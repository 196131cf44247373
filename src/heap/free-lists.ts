import { PhptraceError } from '../errors.js';
import { BIN_SIZES } from '../php/bins.js';
import type { MemoryImage } from './image.js';
import type { Runs } from './runs.js';

/**
 * Follows the heap's list of free slots of each bin and clears their entries in `nodeOfSlot`. Returns how many there
 * are. The next slot's address stands in a free slot's first word (zend_mm_free_slot, Zend/zend_alloc.c); the copy of
 * it that 8.4 and later keep in the last word is left alone.
 *
 * @throws PhptraceError where a list leaves its bin, or meets a slot twice
 */
export function clearFreeSlots(image: MemoryImage, runs: Runs, nodeOfSlot: Uint32Array): number {
  const { heapAddress, heap } = image.header;
  let free = 0;
  for (let bin = 0; bin < BIN_SIZES.length; bin++) {
    const head = image.at(heapAddress + heap.freeSlot + 8 * bin);
    if (head < 0) throw broken(bin, heapAddress, 'the heap itself was not copied');
    let [low, high] = [image.words[head]!, image.words[head + 1]!];
    while (low !== 0 || high !== 0) {
      const slot = runs.slotAt(low, high);
      const run = slot < 0 ? -1 : runs.runAt(low, high);
      const word = image.wordAt(low, high);
      const isStart = word >= 0 && run >= 0 && ((word - runs.firstWord[run]!) * 4) % BIN_SIZES[bin]! === 0;
      const address = high * 2 ** 32 + low;
      if (!isStart || runs.bins[run] !== bin) throw broken(bin, address, 'no slot of that bin lies there');
      if (nodeOfSlot[slot] === 0) throw broken(bin, address, 'it is met twice');
      nodeOfSlot[slot] = 0;
      free++;
      low = image.words[word]!;
      high = image.words[word + 1]!;
    }
  }
  return free;
}

function broken(bin: number, address: number, why: string): PhptraceError {
  return new PhptraceError(
    `the list of free slots of ${String(BIN_SIZES[bin])} bytes is corrupt at 0x${address.toString(16)}: ${why}: a ` +
      'block was freed twice or written to after it was freed, or the copy was taken in the middle of an allocation',
  );
}
