import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { ZVAL_WORDS, visitZval } from './zval.js';

/** Words of a zend_array (Zend/zend_types.h; the same from 7.4 to 8.5), and of a Bucket: zval, hash, key. */
const FLAGS = 2;
const MASK = 3;
const DATA = 4;
const USED = 6;
const ELEMENTS = 7;
const TABLE_SIZE = 8;
const BUCKET_WORDS = 8;
const BUCKET_HASH = 4;
const BUCKET_KEY = 6;
/** HASH_FLAG_UNINITIALIZED: there are no elements, and the data pointer is the engine's own. */
const UNINITIALIZED = 1 << 3;
const MOST_USED = 1 << 30;
const INDEX_BIAS = 2 ** 32;

/** Which kind of name the elements of a table get: those of an array, or an object's dynamic properties. */
export type ElementNames = 'array' | 'properties';

/** Where the elements of a table lie. */
export interface Elements {
  /** Word of the first one; elements are `strideWords` apart. */
  readonly first: number;
  readonly count: number;
  readonly strideWords: number;
  /** Without keys: a packed list's element is named by its place. */
  readonly packed: boolean;
}

const NO_ELEMENTS: Elements = { first: 0, count: 0, strideWords: ZVAL_WORDS, packed: true };

/** Where the elements are of the zend_array at a word; none where it is empty or its data was not copied. */
export function elementsOf(image: MemoryImage, at: number): Elements {
  const { words, header } = image;
  const { packedFlag, packedElementBytes } = header.engine.hashTable;
  const flags = words[at + FLAGS]!;
  const used = words[at + USED]!;
  if ((flags & UNINITIALIZED) !== 0 || used === 0 || used > MOST_USED) return NO_ELEMENTS;
  const first = image.wordAt(words[at + DATA]!, words[at + DATA + 1]!);
  if (first < 0) return NO_ELEMENTS;
  const packed = (flags & packedFlag) !== 0;
  const strideWords = packed ? packedElementBytes / 4 : BUCKET_WORDS;
  const left = Math.floor((image.endOfSegment(first) - first) / strideWords);
  return { first, count: Math.min(used, left), strideWords, packed };
}

/** Tells the sink of a table's block of elements and of what the elements refer to. */
export function visitHashTable(image: MemoryImage, at: number, sink: EdgeSink, names: ElementNames = 'array'): void {
  const { words } = image;
  const { first, count, strideWords, packed } = elementsOf(image, at);
  if (count === 0 && (words[at + FLAGS]! & UNINITIALIZED) !== 0) return;
  visitData(image, at, sink);
  for (let index = 0, element = first; index < count; index++, element += strideWords) {
    if (packed) {
      visitZval(image, element, sink, EDGE.index, index);
      continue;
    }
    // A deleted element keeps a key that is gone.
    if ((words[element + 2]! & 0xff) === 0) continue;
    const keyLow = words[element + BUCKET_KEY]!;
    const keyHigh = words[element + BUCKET_KEY + 1]!;
    if (keyLow === 0 && keyHigh === 0) {
      visitZval(image, element, sink, EDGE.index, signed(words[element + BUCKET_HASH]!, words[element + 5]!));
      continue;
    }
    const named = names === 'array' ? EDGE.key : EDGE.dynamicProperty;
    visitZval(image, element, sink, named, element + BUCKET_KEY);
    sink.edge(keyLow, keyHigh, NODE_KIND.string, EDGE.internal, INTERNAL['(key)']);
  }
}

/** Calls back with each used element's word and the address of its key, 0 for an integer key. */
export function forEachElement(
  image: MemoryImage,
  at: number,
  visit: (element: number, key: number, index: number) => void,
): void {
  const { first, count, strideWords, packed } = elementsOf(image, at);
  for (let index = 0, element = first; index < count; index++, element += strideWords) {
    if ((image.words[element + 2]! & 0xff) === 0) continue;
    const key = packed ? 0 : image.pointerAt(element + BUCKET_KEY);
    const place = packed ? index : signed(image.words[element + BUCKET_HASH]!, image.words[element + 5]!);
    visit(element, key, key === 0 ? place : 0);
  }
}

/** True where the words at `at` can be a zend_array: its counts and mask fit together. */
export function looksLikeHashTable(image: MemoryImage, at: number): boolean {
  const { words } = image;
  const [mask, used, elements, size] = [MASK, USED, ELEMENTS, TABLE_SIZE].map((word) => words[at + word]!);
  const hashes = -(mask! | 0) >>> 0;
  const isPowerOfTwo = hashes !== 0 && (hashes & (hashes - 1)) === 0;
  return isPowerOfTwo && used! <= size! && elements! <= used! && size! >= 2 && size! <= MOST_USED;
}

/** The block of elements begins with the hash part, which lies before the address that the table keeps. */
export function visitData(image: MemoryImage, at: number, sink: EdgeSink): void {
  const { words } = image;
  const hashBytes = (-(words[at + MASK]! | 0) >>> 0) * 4;
  const address = image.pointerAt(at + DATA) - hashBytes;
  if (address > 0) internalEdge(sink, address, NODE_KIND.arrayData, INTERNAL['(elements)']);
}

/** Integer keys beyond 2^53 lose low bits, which only their names show. */
function signed(low: number, high: number): number {
  return (high | 0) * INDEX_BIAS + low;
}
