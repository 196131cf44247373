import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { readFunction } from '../structures/functions.js';
import { forEachElement, looksLikeHashTable, visitHashTable } from '../structures/hash-table.js';
import { readName } from '../structures/strings.js';
import { executorGlobals } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/**
 * Where structures of the engine may have their table of attributes, bytes (Zend/zend_compile.h and zend.h of 8.0 to 8.5;
 * 7.4 has none). A place is believed where what it points to is such a table. Of a function: from num_args on.
 */
const OF_FUNCTION = 16;
/** Of a property: from its name on. */
const OF_PROPERTY = 16;
const OF_CONSTANT = 24;
/** Of a class: before its file's name, which lies at another distance in each version. */
const OF_CLASS = [-8, -24, -32, -16];

/** `attribute #[Route] of Shop::list()`, of every function, class, property and constant of PHP code. */
export function addAttributes(view: HeapView, roots: RootList): void {
  const { image, classes } = view;
  const { engine, structures } = image.header;
  const globals = executorGlobals(image);
  const ofFunctions = (table: number): void => {
    forEachOf(image, table, (func) => {
      const info = readFunction(image, func);
      if (info !== undefined) add(view, func + engine.func.numArgs + OF_FUNCTION, `${info.name}()`, roots);
    });
  };
  ofFunctions(image.pointer(globals + engine.eg.functionTable));
  forEachOf(image, image.pointer(globals + engine.eg.classTable), (address) => {
    const info = classes.at(address);
    if (info?.isUser !== true) return;
    const { name } = info;
    const { propertyInfo, classEntry } = structures;
    OF_CLASS.some((place) => add(view, address + engine.classEntry.filename + place, name, roots));
    ofFunctions(address + engine.classEntry.functionTable);
    forEachOf(image, address + classEntry.propertiesInfo, (property, key) => {
      add(view, property + propertyInfo.name + OF_PROPERTY, `${name}::$${key}`, roots);
    });
    forEachOf(image, address + classEntry.constantsTable, (constant, key) => {
      add(view, constant + OF_CONSTANT, `${name}::${key}`, roots);
    });
  });
}

function forEachOf(image: MemoryImage, table: number, visit: (address: number, key: string) => void): void {
  const at = image.at(table);
  if (table === 0 || at < 0) return;
  forEachElement(image, at, (element, key) => visit(image.pointerAt(element), readName(image, key) ?? '?'));
}

/** The attributes in the table to which the word at a place points. False where it points to no such table. */
function add(view: HeapView, place: number, owner: string, roots: RootList): boolean {
  const { image, blocks } = view;
  const table = image.pointer(place);
  const at = image.at(table);
  const node = blocks.findAt(table);
  if (node === 0 || at !== blocks.words[node] || !looksLikeHashTable(image, at)) return false;
  const found: { address: number; name: string }[] = [];
  let others = 0;
  forEachElement(image, at, (element) => {
    const address = image.pointerAt(element);
    const name = attributeName(image, address);
    if (name === undefined) others++;
    else found.push({ address, name });
  });
  if (found.length === 0 || others > 0) return false;
  for (const { address, name } of found) {
    roots.addAt(address, NODE_KIND.unknown, ROOT_RANK.engine, `attribute #[${name}] of ${owner}`);
  }
  roots.addAt(table, NODE_KIND.internal, ROOT_RANK.engine, `attributes of ${owner}`);
  const sink = roots.sink(ROOT_RANK.engine, () => `attributes of ${owner}`);
  visitHashTable(image, at, sink);
  return true;
}

/** A zend_attribute (Zend/zend_attributes.h) begins with its name and its name in lower case; else undefined. */
function attributeName(image: MemoryImage, address: number): string | undefined {
  const [name, lowered] = [readName(image, image.pointer(address)), readName(image, image.pointer(address + 8))];
  return name !== undefined && name !== '' && name.toLowerCase() === lowered ? name : undefined;
}
