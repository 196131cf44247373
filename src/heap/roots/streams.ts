import type { GraphBuilder } from '../graph-builder.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { forEachElement } from '../structures/hash-table.js';
import { executorGlobals } from '../engine-globals.js';

/** php_stream (main/php_streams.h, 7.4 to 8.5): readfilters.stream and writefilters.stream, which lead back to it. */
const READ_FILTERS_STREAM = 32;
const WRITE_FILTERS_STREAM = 56;
/** Its fields up to the read buffer's, whose place differs from version to version, lie within so many bytes. */
const MOST_BYTES = 256;

/**
 * The read buffers of streams hold what was read and, behind that, whatever stood in their memory before: addresses,
 * too, which are no references. Known for what they are, they keep nothing alive.
 */
export function markStreamBuffers({ image, blocks }: HeapView, builder: GraphBuilder): void {
  const globals = executorGlobals(image);
  const { eg, resource } = image.header.structures;
  for (const list of [eg.regularList, eg.persistentList]) {
    const table = image.at(globals + list);
    if (table < 0) continue;
    forEachElement(image, table, (element) => {
      const stream = image.pointer(image.pointerAt(element) + resource.ptr);
      if (!isStream(image, stream)) return;
      const buffer = readBuffer(image, stream, (address) => blocks.sizes8[blocks.findAt(address)]! * 8);
      if (buffer !== 0) builder.leaf(buffer, NODE_KIND.internal);
    });
  }
}

/** True where a php_stream lies at an address. */
export function isStream(image: MemoryImage, address: number): boolean {
  return (
    address !== 0 &&
    image.pointer(address + READ_FILTERS_STREAM) === address &&
    image.pointer(address + WRITE_FILTERS_STREAM) === address
  );
}

/** readbuf, readbuflen, readpos, writepos: the one place at which a pointer and three numbers fit together; or 0. */
function readBuffer(image: MemoryImage, stream: number, blockBytes: (address: number) => number): number {
  for (let at = stream + WRITE_FILTERS_STREAM + 8; at < stream + MOST_BYTES; at += 8) {
    const [buffer, length, read, written] = [0, 8, 16, 24].map((field) => image.pointer(at + field)) as [
      number,
      number,
      number,
      number,
    ];
    if (buffer === 0 || length === 0 || read > written || written > length) continue;
    // 0 where it lies in memory of malloc's, as a persistent stream's.
    const sizeBytes = blockBytes(buffer);
    if (sizeBytes >= length && sizeBytes < 2 * length) return buffer;
  }
  return 0;
}
