import { NODE_KIND } from '../heap-graph.js';
import type { KindNumber } from '../edge-sink.js';
import type { HeapView } from '../heap-view.js';
import { looksLikeHashTable } from './hash-table.js';
import { classAt } from './object.js';
import { HEADER_TYPE_MASK, ZVAL, kindOfType } from './zval.js';

const ARRAY_BYTES = 56;
const REFERENCE_BYTES = 32;
const STRING_BYTES = 25;
const GC_INFO_SHIFT = 10;
const MOST_REFERENCES = 1 << 24;

/**
 * What the block that a pointer of unknown type leads to is, by its own header: a string whose length fits the block,
 * an array whose counts fit together, a reference, an object of a class that there is. `at` is the word that the
 * pointer names: an extension's object begins before its zend_object. Else `unknown`.
 */
export function guessKind(view: HeapView, at: number, isStart: boolean, sizeBytes: number): KindNumber {
  const { words } = view.image;
  const references = words[at]!;
  const type = words[at + 1]! & HEADER_TYPE_MASK;
  if (references === 0 || references > MOST_REFERENCES) return NODE_KIND.unknown;
  if (type === ZVAL.object) return classAt(view, at) === undefined ? NODE_KIND.unknown : NODE_KIND.object;
  if (!isStart) return NODE_KIND.unknown;
  if (type === ZVAL.string) return isStringOf(view, at, sizeBytes) ? NODE_KIND.string : NODE_KIND.unknown;
  if (type === ZVAL.array && sizeBytes === ARRAY_BYTES && looksLikeHashTable(view.image, at)) return NODE_KIND.array;
  if (type === ZVAL.reference && sizeBytes === REFERENCE_BYTES && kindOfType(words[at + 4]! & 0xff) !== undefined) {
    return NODE_KIND.reference;
  }
  return NODE_KIND.unknown;
}

/**
 * A string is header, hash, length, bytes and NUL, in a block of at least that size. The collector never looks at one,
 * so the bits in which it keeps its place and colour are clear (GC_INFO_SHIFT).
 */
function isStringOf({ image }: HeapView, at: number, sizeBytes: number): boolean {
  return image.words[at + 1]! >>> GC_INFO_SHIFT === 0 && image.pointerAt(at + 4) + STRING_BYTES <= sizeBytes;
}
