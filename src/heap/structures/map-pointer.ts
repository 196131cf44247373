import type { MemoryImage } from '../image.js';

/**
 * What a map pointer stands for (Zend/zend_map_ptr.h): the pointer in the slot that its raw value names, or the raw
 * value itself. `at` is the address of the raw value. 0 where there is none.
 */
export function readMapPointer(image: MemoryImage, at: number): number {
  const raw = image.pointer(at);
  if (raw === 0) return 0;
  const { structures, symbols } = image.header;
  if (raw % 2 === 0) return structures.mapPtr.even === 'direct' ? raw : image.pointer(raw);
  const compilerGlobals = symbols['compiler_globals'];
  if (compilerGlobals === undefined) return 0;
  const base = image.pointer(compilerGlobals + structures.cg.mapPtrBase);
  return base === 0 ? 0 : image.pointer(base + raw + structures.mapPtr.baseCorrection);
}
