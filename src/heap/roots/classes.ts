import type { HeapView } from '../heap-view.js';
import { forEachElement } from '../structures/hash-table.js';
import { readMapPointer } from '../structures/map-pointer.js';
import { readName } from '../structures/strings.js';
import { ZVAL_WORDS, kindOfType } from '../structures/zval.js';
import { executorGlobals } from '../engine-globals.js';
import { addStatics } from './functions.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** Offset of the constants' table in zend_class_mutable_data (Zend/zend.h). */
const MUTABLE_CONSTANTS = 8;
const USER_FUNCTION = 2;

/** `static Foo::$bar`, `constant Foo::BAR`, and `static $cache in Foo::baz()`, of every class. */
export function addClassRoots(view: HeapView, roots: RootList): void {
  const { image } = view;
  const table = image.at(image.pointer(executorGlobals(image) + image.header.engine.eg.classTable));
  if (table < 0) return;
  const seen = new Set<number>();
  forEachElement(image, table, (element) => {
    const address = image.pointerAt(element);
    const info = view.classes.at(address);
    // A class stands in the table once more for each alias.
    if (info === undefined || seen.has(address)) return;
    seen.add(address);
    addStaticMembers(view, address, info.name, roots);
    addClassConstants(view, address, info.name, roots);
    addMethods(view, address, roots);
  });
}

/** A class has a slot for inherited members too; it refers to the slot of the class that declares them. */
function addStaticMembers(view: HeapView, address: number, className: string, roots: RootList): void {
  const { image } = view;
  const { classEntry } = image.header.structures;
  const count = image.uint32(address + classEntry.defaultStaticMembersCount);
  const at = image.at(readMapPointer(image, address + classEntry.staticMembersTable));
  if (count === 0 || at < 0) return;
  const names = view.classes.staticNames(address);
  for (let index = 0; index < count && at + (index + 1) * ZVAL_WORDS <= image.words.length; index++) {
    if (kindOfType(image.words[at + index * ZVAL_WORDS + 2]! & 0xff) === undefined) continue;
    const name = `static ${className}::$${names.get(index) ?? String(index)}`;
    roots.addZval(image, at + index * ZVAL_WORDS, ROOT_RANK.named, () => name);
  }
}

function addClassConstants({ image }: HeapView, address: number, className: string, roots: RootList): void {
  const { constantsTable, mutableData } = image.header.structures.classEntry;
  const mutable = mutableData === null ? 0 : readMapPointer(image, address + mutableData);
  const evaluated = mutable === 0 ? 0 : image.pointer(mutable + MUTABLE_CONSTANTS);
  for (const table of [evaluated, address + constantsTable]) {
    const at = image.at(table);
    if (table === 0 || at < 0) continue;
    forEachElement(image, at, (element, key) => {
      const constant = image.wordAt(image.words[element]!, image.words[element + 1]!);
      if (constant < 0) return;
      roots.addZval(image, constant, ROOT_RANK.named, () => `constant ${className}::${readName(image, key) ?? '?'}`);
    });
  }
}

function addMethods({ image }: HeapView, address: number, roots: RootList): void {
  const { engine } = image.header;
  const table = image.at(address + engine.classEntry.functionTable);
  if (table < 0) return;
  forEachElement(image, table, (element) => {
    const method = image.pointerAt(element);
    const isOwn = image.uint8(method) === USER_FUNCTION && image.pointer(method + engine.func.scope) === address;
    if (isOwn) addStatics(image, method, roots);
  });
}
