import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView, StorageClass } from '../heap-view.js';
import { elementsOf, visitData } from './hash-table.js';
import { ZVAL_WORDS, visitZval } from './zval.js';

/** Reads from the first word of an object's block on. Returns how many words are known by that. */
type Visit = (view: HeapView, first: number, sink: EdgeSink) => number;

const VISITS: Readonly<Record<StorageClass, Visit>> = {
  ArrayObject: visitArrayObject,
  ArrayIterator: visitArrayObject,
  SplObjectStorage: visitObjectStorage,
  MultipleIterator: visitObjectStorage,
  SplDoublyLinkedList: visitLinkedList,
  SplFixedArray: visitFixedArray,
  SplHeap: visitHeap,
  SplPriorityQueue: visitHeap,
};

const POINTER_WORDS = 2;
/** sizeof(HashTable) in words. */
const TABLE_WORDS = 14;

/**
 * Tells the sink of what an object of SPL's holds in a structure of its own, whose unused places may have anything in
 * them. Returns how many words from the start of its block are known by that: 0 where the structure is not as it should
 * be.
 */
export function visitStorage(view: HeapView, storage: StorageClass, first: number, sink: EdgeSink): number {
  return VISITS[storage](view, first, sink);
}

/** spl_array_object (ext/spl/spl_array.c, 7.3 to 8.5) begins with the zval of the array. */
function visitArrayObject({ image }: HeapView, first: number, sink: EdgeSink): number {
  visitZval(image, first, sink, EDGE.internal, INTERNAL['(content)']);
  return ZVAL_WORDS;
}

/**
 * spl_SplObjectStorage (ext/spl/spl_observer.c) begins with a HashTable of pointers to { zend_object *obj; zval inf } or,
 * before 8.1, to two zvals: either way the object's address comes first.
 */
function visitObjectStorage(view: HeapView, first: number, sink: EdgeSink): number {
  const { image, blocks } = view;
  const { words } = image;
  visitData(image, first, sink);
  const { first: start, count, strideWords } = elementsOf(image, first);
  for (let index = 0, bucket = start; index < count; index++, bucket += strideWords) {
    const element = (words[bucket + 2]! & 0xff) === 0 ? 0 : blockBehind(view, bucket);
    if (element === 0) continue;
    tellOf(view, bucket, sink);
    const at = blocks.words[element]!;
    const key = image.pointerAt(at);
    sink.edge(words[at]!, words[at + 1]!, NODE_KIND.object, EDGE.objectKey, key);
    visitZval(image, lastZval(view, element), sink, EDGE.objectKey, key);
  }
  return TABLE_WORDS;
}

/**
 * spl_dllist_object (ext/spl/spl_dllist.c) begins with a pointer to { head, tail, …, int count }, whose elements are
 * { prev, next, zval } or, before 8.1, { prev, next, int, zval }.
 */
function visitLinkedList(view: HeapView, first: number, sink: EdgeSink): number {
  const { image, blocks } = view;
  const list = blockBehind(view, first);
  if (list === 0) return 0;
  tellOf(view, first, sink);
  let pointer = blocks.words[list]!;
  const count = Math.min(image.words[pointer + blocks.sizes8[list]! * 2 - 2]!, blocks.nodeCount);
  for (let index = 0; index < count; index++) {
    const element = blockBehind(view, pointer);
    if (element === 0) break;
    tellOf(view, pointer, sink);
    visitZval(image, lastZval(view, element), sink, EDGE.index, index);
    pointer = blocks.words[element]! + POINTER_WORDS;
  }
  return POINTER_WORDS;
}

/** spl_fixedarray_object (ext/spl/spl_fixedarray.c) begins with { zend_long size; zval *elements }. */
function visitFixedArray(view: HeapView, first: number, sink: EdgeSink): number {
  const isRead = visitRow(view, first + POINTER_WORDS, view.image.pointerAt(first), ZVAL_WORDS, sink);
  return isRead ? 2 * POINTER_WORDS : 0;
}

/**
 * Words in spl_ptr_heap (ext/spl/spl_heap.c): { elements, 3 pointers; int count, flags; size_t max, size }. In 8.5 there
 * is a word more before the last two. Either way its size is that of its block, which ends with an element's size.
 */
const HEAP_COUNT = 8;
const HEAP_WORDS = 14;

/** An element is a zval, of a priority queue one more for its priority. */
function visitHeap(view: HeapView, first: number, sink: EdgeSink): number {
  const { image, blocks } = view;
  const heap = blockBehind(view, first);
  if (heap === 0 || blocks.sizes8[heap]! * 2 < HEAP_WORDS) return 0;
  const at = blocks.words[heap]!;
  const strideWords = image.pointerAt(at + blocks.sizes8[heap]! * 2 - POINTER_WORDS) / 4;
  if (strideWords !== ZVAL_WORDS && strideWords !== 2 * ZVAL_WORDS) return 0;
  if (!visitRow(view, at, image.words[at + HEAP_COUNT]!, strideWords, sink)) return 0;
  tellOf(view, first, sink);
  return POINTER_WORDS;
}

/** So many elements in a block of their own, to which the word points. False where they are no such block's. */
function visitRow(view: HeapView, pointer: number, count: number, strideWords: number, sink: EdgeSink): boolean {
  const { image, blocks } = view;
  const block = blockBehind(view, pointer);
  if (block === 0) return count === 0;
  if (count * strideWords > blocks.sizes8[block]! * 2) return false;
  tellOf(view, pointer, sink);
  const first = blocks.words[block]!;
  for (let index = 0; index < count; index++) {
    for (let part = 0; part < strideWords; part += ZVAL_WORDS) {
      visitZval(image, first + index * strideWords + part, sink, EDGE.index, index);
    }
  }
  return true;
}

/** The block that begins where the pointer at a word leads; 0 where none does. */
function blockBehind({ image, blocks }: HeapView, pointer: number): number {
  const [low, high] = [image.words[pointer]!, image.words[pointer + 1]!];
  const node = blocks.find(low, high);
  return node !== 0 && blocks.words[node] === image.wordAt(low, high) ? node : 0;
}

function tellOf({ image }: HeapView, pointer: number, sink: EdgeSink): void {
  internalEdge(sink, image.pointerAt(pointer), NODE_KIND.internal, INTERNAL['(elements)']);
}

/** Where the zval is with which a block ends. */
function lastZval({ blocks }: HeapView, node: number): number {
  return blocks.words[node]! + blocks.sizes8[node]! * 2 - ZVAL_WORDS;
}
