import { MALLOC_ALIGNMENT, mallocBlockBytes } from '../../php/malloc-block.js';
import type { MemoryImage } from '../image.js';
import { forEachElement } from '../structures/hash-table.js';
import { scanWords } from '../structures/scan.js';
import { readName } from '../structures/strings.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';
import { isStream } from './streams.js';

/** No such block of one connection is larger. */
const MOST_BYTES = 1 << 16;

/**
 * `persistent resource 'pfsockopen__db:3306'`: what outlives a request. It lies in memory of malloc's, as does what it
 * stands for, and only what that refers to is in the heap: a stream's context, a database handle's functions. Looked
 * through are the resource's content and the blocks of malloc's to which that points.
 */
export function addPersistentResources(image: MemoryImage, table: number, roots: RootList): void {
  const at = image.at(table);
  if (at < 0) return;
  forEachElement(image, at, (element, key) => {
    const content = image.pointer(image.pointerAt(element) + image.header.structures.resource.ptr);
    const name = `persistent resource '${labelOf(image, key, content)}'`;
    const sink = roots.sink(ROOT_RANK.engine, () => name);
    const seen = new Set([content]);
    for (const block of seen) {
      const sizeBytes = mallocBlockBytes(image, block, MOST_BYTES);
      const first = image.at(block);
      if (sizeBytes === 0 || first < 0) continue;
      const end = Math.min(first + sizeBytes / 4, image.endOfSegment(first));
      scanWords(image, first, end, sink);
      if (block !== content) continue;
      for (let word = first; word + 1 < end; word += 2) {
        const pointer = image.pointerAt(word);
        if (pointer % MALLOC_ALIGNMENT === 0) seen.add(pointer);
      }
    }
  });
}

/** The key of a stream is its address; that of a connection to a database has its password in it, and is cut. */
function labelOf(image: MemoryImage, key: number, content: number): string {
  const text = readName(image, key) ?? '?';
  return isStream(image, content) ? text : `${/^[a-z:]*/i.exec(text)?.[0] ?? ''}…`;
}
