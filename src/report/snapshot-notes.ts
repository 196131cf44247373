import type { HeapAnalysis } from '../heap/analysis.js';
import { wasCollecting } from '../heap/collector.js';
import { readableSize } from './readable-size.js';

export const COLLECTING =
  "the copy was taken while PHP's cycle collector ran: what it is about to free may look kept, or lost";

/** What a reader has to know of how the copy came about: sentences without a full stop. */
export function snapshotNotes({ image, blocks }: HeapAnalysis): string[] {
  const { header } = image;
  const notes = header.omitted.map(
    ({ name, sizeBytes, why }) =>
      `${readableSize(sizeBytes)} of ${name === '' ? 'memory without a name' : name} were not copied: ${why}; what is ` +
      'held from there alone looks unreachable',
  );
  if (header.insideAllocator) {
    notes.push(
      'the copy was taken in the middle of an allocation: a block may be missing, or counted that is not there',
    );
  }
  if (wasCollecting(image)) notes.push(COLLECTING);
  const { otherPhpThreads = 0, thread } = header;
  if (otherPhpThreads > 0) {
    const others = otherPhpThreads === 1 ? '1 other thread' : `${String(otherPhpThreads)} other threads`;
    notes.push(
      `${others} of the process run PHP with heaps of their own: this is thread ${String(thread ?? header.pid)}`,
    );
  }
  const own = image.pointer(header.heapAddress + header.heap.size);
  if (own !== blocks.liveBytes) {
    notes.push(`the live blocks have ${String(blocks.liveBytes)} bytes, the heap itself counts ${String(own)}`);
  }
  return notes;
}
