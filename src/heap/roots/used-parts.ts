import type { HeapView } from '../heap-view.js';
import { readFunction } from '../structures/functions.js';
import { elementsOf, forEachElement } from '../structures/hash-table.js';
import { executorGlobals } from '../engine-globals.js';

const LITERAL_BYTES = 16;

/**
 * Notes how much of the blocks of compiled code is in use: those of a class's tables of methods, properties and constants,
 * and those of instructions with their literals. They are read word by word, and behind what is in use stands what was
 * in their memory before: addresses, too, which are no references.
 */
export function measureCode(view: HeapView): void {
  const { image, classes } = view;
  const { engine, structures } = image.header;
  const globals = executorGlobals(image);
  measureFunctions(view, image.pointer(globals + engine.eg.functionTable));
  const table = image.at(image.pointer(globals + engine.eg.classTable));
  if (table < 0) return;
  forEachElement(image, table, (element) => {
    const info = classes.at(image.pointerAt(element));
    if (info?.isUser !== true) return;
    measureFunctions(view, info.address + engine.classEntry.functionTable);
    measureTable(view, info.address + engine.classEntry.functionTable);
    measureTable(view, info.address + structures.classEntry.propertiesInfo);
    measureTable(view, info.address + structures.classEntry.constantsTable);
  });
}

function measureFunctions(view: HeapView, table: number): void {
  const { image } = view;
  const { engine, structures } = image.header;
  const at = image.at(table);
  if (table === 0 || at < 0) return;
  forEachElement(image, at, (element) => {
    const func = image.pointerAt(element);
    if (readFunction(image, func) === undefined) return;
    // Literals follow the instructions in the same block.
    const literals = image.pointer(func + structures.opArray.literals);
    const count = image.uint32(func + structures.opArray.lastLiteral);
    const first = image.at(image.pointer(func + engine.opArray.opcodes));
    if (count > 0) note(view, first, image.at(literals) + (count * LITERAL_BYTES) / 4);
  });
}

function measureTable(view: HeapView, table: number): void {
  const { image } = view;
  const at = image.at(table);
  if (at < 0) return;
  const { first, count, strideWords } = elementsOf(image, at);
  if (count > 0) note(view, first, first + count * strideWords);
}

/** Of the block with the word `first`, what lies before `end` is in use. */
function note({ image, blocks, usedEnds }: HeapView, first: number, end: number): void {
  if (first < 0) return;
  const node = blocks.findAt(image.addressOfWord(first));
  if (node !== 0 && end > first && end <= blocks.words[node]! + blocks.sizes8[node]! * 2) usedEnds.set(node, end);
}
