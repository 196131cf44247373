import { EDGE } from '../edge-sink.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { visitStatics } from '../structures/closure.js';
import { readFunction } from '../structures/functions.js';
import { forEachElement } from '../structures/hash-table.js';
import { readName } from '../structures/strings.js';
import { executorGlobals } from './engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** `static $cache in foo()`, of every function. */
export function addFunctionRoots({ image }: HeapView, roots: RootList): void {
  const table = image.at(image.pointer(executorGlobals(image) + image.header.engine.eg.functionTable));
  if (table < 0) return;
  forEachElement(image, table, (element) => {
    addStatics(image, image.pointerAt(element), roots);
  });
}

/** The static variables of a function of PHP code. */
export function addStatics(image: MemoryImage, func: number, roots: RootList): void {
  const info = readFunction(image, func);
  if (info === undefined) return;
  const sink = roots.sink(ROOT_RANK.named, (named, name) =>
    named === EDGE.variable ? `static $${readName(image, name) ?? '?'} in ${info.name}()` : undefined,
  );
  visitStatics(image, func + image.header.structures.opArray.staticVariablesPtr, sink);
}
