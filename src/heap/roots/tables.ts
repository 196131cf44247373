import { DOUBT, EDGE, INTERNAL } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { forEachElement, visitHashTable } from '../structures/hash-table.js';
import { lazyObjectElements } from '../structures/lazy-object.js';
import { readName } from '../structures/strings.js';
import { weakReferences } from '../structures/weak-table.js';
import { scanWords } from '../structures/scan.js';
import { addPersistentResources } from './persistent-resources.js';
import { compilerGlobals, executorGlobals, objectTableOf } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

const MOST_ARENAS = 1 << 16;
const MOST_HUGE = 1 << 20;
/** Strings of a zend_ini_entry (Zend/zend_ini.h, 7.4 to 8.5): value and orig_value. */
const INI_VALUE = 40;
const INI_ORIGINAL = 48;
/** sizeof(zend_arena) (Zend/zend_arena.h): ptr, end, prev. */
const ARENA_HEADER = 24;

/** The engine's own tables: resources, files, interned strings, compiled code, settings. */
export function addEngineTables({ image }: HeapView, roots: RootList): void {
  const globals = executorGlobals(image);
  const { engine, structures } = image.header;
  // Before the tables of functions and classes, which point into them.
  addArenas(image, roots);
  // Before the request's own, which lists what these refer to.
  addPersistentResources(image, globals + structures.eg.persistentList, roots);
  addResources(image, globals + structures.eg.regularList, roots);
  addTable(image, globals + engine.eg.symbolTable, '$GLOBALS', roots);
  addTable(image, globals + engine.eg.includedFiles, 'included files', roots);
  addTable(image, compilerGlobals(image) + structures.cg.internedStrings, 'interned strings', roots);
  for (const [field, name] of [
    [engine.eg.functionTable, 'function table'],
    [engine.eg.classTable, 'class table'],
    [structures.eg.zendConstants, 'table of constants'],
    [structures.eg.iniDirectives, 'table of ini settings'],
  ] as const) {
    addTable(image, image.pointer(globals + field), name, roots);
  }
  addSettings(image, image.pointer(globals + structures.eg.iniDirectives), roots);
  roots.addLeaf(objectTableOf(image), ROOT_RANK.engine, 'table of all objects');
  roots.addLeaf(lazyObjectElements(image), ROOT_RANK.engine, 'table of lazy objects');
  addHugeList(image, roots);
  const weak = image.at(weakReferences(image));
  if (weak >= 0) addListing(image, weak, 'weak references', roots);
}

/** The elements of a table that does not hold what it lists. */
function addListing(image: MemoryImage, at: number, name: string, roots: RootList): void {
  const sink = roots.sink(ROOT_RANK.engine, (named, part) =>
    named === EDGE.internal && part === INTERNAL['(elements)'] ? name : undefined,
  );
  visitHashTable(image, at, sink);
}

/**
 * Elements are zend_resource pointers; a resource's number is its key. The table holds no reference to what it lists: a
 * resource that is only part of a garbage cycle goes with it.
 */
function addResources(image: MemoryImage, table: number, roots: RootList): void {
  const at = image.at(table);
  if (at < 0) return;
  forEachElement(image, at, (element, _, index) => {
    const [low, high] = [image.words[element]!, image.words[element + 1]!];
    roots.add(low, high, NODE_KIND.resource, ROOT_RANK.engine, `resource #${String(index)}`, DOUBT.word);
  });
  addListing(image, at, 'resources', roots);
}

/** `ini memory_limit`: values that were set while PHP runs. */
function addSettings(image: MemoryImage, table: number, roots: RootList): void {
  const at = image.at(table);
  if (at < 0) return;
  forEachElement(image, at, (element, key) => {
    const entry = image.pointerAt(element);
    for (const field of [INI_VALUE, INI_ORIGINAL]) {
      roots.addAt(
        image.pointer(entry + field),
        NODE_KIND.string,
        ROOT_RANK.engine,
        `ini ${readName(image, key) ?? '?'}`,
      );
    }
  });
}

/** A table of the engine, and what its elements point to. */
function addTable(image: MemoryImage, table: number, name: string, roots: RootList): void {
  const at = image.at(table);
  if (table === 0 || at < 0) return;
  const sink = roots.sink(ROOT_RANK.engine, () => name);
  roots.addAt(table, NODE_KIND.internal, ROOT_RANK.engine, name);
  visitHashTable(image, at, sink);
}

/** The allocator's list of huge blocks is of blocks itself: zend_mm_huge_list (Zend/zend_alloc.c): ptr, size, next. */
function addHugeList(image: MemoryImage, roots: RootList): void {
  const { heapAddress, heap } = image.header;
  let entry = image.pointer(heapAddress + heap.hugeList);
  for (let entries = 0; entry !== 0 && entries < MOST_HUGE; entries++) {
    if (!roots.addLeaf(entry, ROOT_RANK.engine, 'list of huge blocks')) return;
    entry = image.pointer(entry + 16);
  }
}

/** Functions and classes are made in arenas, in which nothing is freed until the request ends. */
function addArenas(image: MemoryImage, roots: RootList): void {
  const sink = roots.sink(ROOT_RANK.engine, () => 'compiled code');
  let arena = image.pointer(compilerGlobals(image) + image.header.structures.cg.arena);
  for (let arenas = 0; arena !== 0 && arenas < MOST_ARENAS; arenas++) {
    const first = image.at(arena);
    if (first < 0) return;
    roots.addAt(arena, NODE_KIND.internal, ROOT_RANK.engine, 'compiled code');
    const used = Math.max(0, image.pointer(arena) - arena);
    scanWords(image, first + ARENA_HEADER / 4, Math.min(first + used / 4, image.endOfSegment(first)), sink);
    arena = image.pointer(arena + 16);
  }
}
