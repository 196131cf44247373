import { EDGE, INTERNAL } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';

/** Tells the sink of every aligned word that may be a pointer, for memory of which nothing is known. */
export function scanWords(image: MemoryImage, first: number, end: number, sink: EdgeSink): void {
  const { words } = image;
  for (let at = first + (first & 1); at + 1 < end; at += 2) {
    const high = words[at + 1]!;
    // User space ends below 2^47, and no heap lies in the first 4 GiB of a process of 64 bits.
    if (high === 0 || high > 0x7fff) continue;
    const low = words[at]!;
    if (image.heapSegmentAt(low, high) >= 0) {
      sink.edge(low, high, NODE_KIND.unknown, EDGE.internal, INTERNAL['(content)']);
    }
  }
}
