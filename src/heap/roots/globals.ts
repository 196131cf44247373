import type { HeapView } from '../heap-view.js';
import { forEachElement } from '../structures/hash-table.js';
import { readName } from '../structures/strings.js';
import { executorGlobals } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** `$GLOBALS['x']`: the table of global variables, those of the main script through its frame. */
export function addGlobals({ image }: HeapView, roots: RootList): void {
  const table = image.at(executorGlobals(image) + image.header.engine.eg.symbolTable);
  if (table < 0) return;
  forEachElement(image, table, (element, key) => {
    const name = readName(image, key) ?? '?';
    // $GLOBALS itself stands in the table of 7.4 and 8.0.
    if (name === 'GLOBALS') return;
    roots.addZval(image, element, ROOT_RANK.named, () => `$GLOBALS['${name}']`);
  });
}

/** `constant NAME`: what define() and const at the top of a file have made. A zend_constant begins with its zval. */
export function addConstants({ image }: HeapView, roots: RootList): void {
  const table = image.at(image.pointer(executorGlobals(image) + image.header.structures.eg.zendConstants));
  if (table < 0) return;
  forEachElement(image, table, (element, key) => {
    const constant = image.wordAt(image.words[element]!, image.words[element + 1]!);
    if (constant < 0) return;
    roots.addZval(image, constant, ROOT_RANK.named, () => `constant ${readName(image, key) ?? '?'}`);
  });
}
