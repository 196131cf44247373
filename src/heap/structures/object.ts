import { EDGE, INTERNAL } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { PROPERTIES_AT } from './classes.js';
import type { ClassInfo } from './classes.js';
import { visitClosure } from './closure.js';
import { visitFiber, visitGenerator } from './coroutine.js';
import { visitHashTable } from './hash-table.js';
import { visitLazyObject } from './lazy-object.js';
import { scanWords } from './scan.js';
import { visitStorage } from './spl.js';
import { visitWeakMap } from './weak-map.js';
import { visitWeakTable } from './weak-table.js';
import { ZVAL_WORDS, visitZval } from './zval.js';

/** Words of a zend_object (Zend/zend_types.h, x86-64): handle, class entry, handlers, table of dynamic properties. */
const HANDLE = 2;
const CLASS = 4;
const HANDLERS = 6;
const PROPERTIES = 8;

/** Address of the class entry of the object whose zend_object lies at a word. */
export function classEntryAt(image: MemoryImage, at: number): number {
  return image.pointerAt(at + CLASS);
}

/** What spl_object_id() says of the object whose zend_object lies at a word. */
export function handleAt({ words }: MemoryImage, at: number): number {
  return words[at + HANDLE]!;
}

/** The class of the object whose zend_object lies at a word; undefined where it is none. */
export function classAt(view: HeapView, at: number): ClassInfo | undefined {
  const { words } = view.image;
  return view.classes.atWords(words[at + CLASS]!, words[at + CLASS + 1]!);
}

/**
 * Tells the sink of what the object at a word refers to: declared and dynamic properties, what its kind of object has
 * besides, what initializes a lazy one, and for an extension's object every pointer in the rest of its block, read or
 * guessed.
 *
 * @param block the block's first word, and the first word past it
 */
export function visitObject(
  view: HeapView,
  at: number,
  block: { readonly first: number; readonly end: number },
  sink: EdgeSink,
): void {
  const { image } = view;
  const info = classAt(view, at);
  if (info === undefined) return;
  const properties = at + PROPERTIES_AT / 4;
  const declared = Math.min(info.properties, Math.floor((block.end - properties) / ZVAL_WORDS));
  for (let slot = 0; slot < declared; slot++) {
    visitZval(image, properties + slot * ZVAL_WORDS, sink, EDGE.property, slot);
  }
  const table = image.wordAt(image.words[at + PROPERTIES]!, image.words[at + PROPERTIES + 1]!);
  if (table >= 0) {
    visitHashTable(image, table, sink, 'properties');
    sink.edge(
      image.words[at + PROPERTIES]!,
      image.words[at + PROPERTIES + 1]!,
      NODE_KIND.array,
      EDGE.internal,
      INTERNAL['(properties)'],
    );
  }
  const lazy = view.lazyObjects.size === 0 ? undefined : view.lazyObjects.get(handleAt(image, at));
  if (lazy !== undefined) visitLazyObject(image, lazy, sink);
  const weak = view.weakTables.size === 0 ? undefined : view.weakTables.get(image.addressOfWord(at));
  if (weak !== undefined) visitWeakTable(image, weak, sink);
  const isPlain = view.isPlain(image.pointerAt(at + HANDLERS));
  if (!isPlain && visitSpecial(view, info, at, sink)) {
    scanWords(image, properties, Math.min(block.end, at + view.specialWords(info.address)), sink);
    return;
  }
  const rest = properties + declared * ZVAL_WORDS;
  if (info.hasGuards && rest + ZVAL_WORDS <= block.end) {
    visitZval(image, rest, sink, EDGE.internal, INTERNAL['(properties)']);
  }
  if (isPlain) return;
  const storage = view.storageClass(info);
  const known = storage === undefined ? 0 : visitStorage(view, storage, block.first, sink);
  scanWords(image, block.first + known, at, sink);
  // What an extension has of an object lies before its zend_object, whose properties end it; or, where that comes first,
  // behind it. Else there follows what its block has left over, with anything in it.
  if (at === block.first) scanWords(image, rest, block.end, sink);
}

/** Kinds of objects whose insides are known; returns false for all others. */
function visitSpecial(view: HeapView, { address }: ClassInfo, at: number, sink: EdgeSink): boolean {
  switch (view.specialClass(address)) {
    case 'closure':
      visitClosure(view.image, at, sink);
      return true;
    case 'generator':
      visitGenerator(view.image, at, sink);
      return true;
    case 'fiber':
      visitFiber(view.image, at, sink);
      return true;
    case 'weakMap':
      visitWeakMap(view, at, sink);
      return true;
    // A weak reference keeps nothing.
    case 'weakReference':
      return true;
    case undefined:
      return false;
  }
}
