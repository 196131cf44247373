import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { AUTOLOAD_TABLE } from '../image.js';
import type { MemoryImage } from '../image.js';
import { readZendStack } from '../structures/zend-stack.js';
import { ZVAL_WORDS } from '../structures/zval.js';
import { executorGlobals } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

const MOST_STACKED = 1 << 20;

/** What was registered with the engine: error and exception handlers and those they stand in for, shutdown functions. */
export function addHandlers({ image }: HeapView, roots: RootList): void {
  const { eg, shutdownFunctions } = image.header.structures;
  const globals = executorGlobals(image);
  addZval(image, globals + eg.userErrorHandler, 'error handler', roots);
  addZval(image, globals + eg.userExceptionHandler, 'exception handler', roots);
  addStack(image, globals + eg.userErrorHandlers, 'stack of error handlers', roots);
  addStack(image, globals + eg.userExceptionHandlers, 'stack of exception handlers', roots);
  roots.addAt(image.pointer(globals + eg.exception), NODE_KIND.object, ROOT_RANK.named, 'exception in flight');
  const autoloadTable = image.header.symbols[AUTOLOAD_TABLE];
  if (autoloadTable !== undefined) {
    roots.addAt(image.pointer(autoloadTable), NODE_KIND.array, ROOT_RANK.named, 'autoloaders');
  }
  const basicGlobals = image.header.symbols['basic_globals'];
  if (basicGlobals !== undefined && shutdownFunctions !== null) {
    const table = image.pointer(basicGlobals + shutdownFunctions);
    roots.addAt(table, NODE_KIND.array, ROOT_RANK.named, 'shutdown functions');
  }
}

function addZval(image: MemoryImage, address: number, name: string, roots: RootList): void {
  const at = image.at(address);
  if (at >= 0) roots.addZval(image, at, ROOT_RANK.named, () => name);
}

/** A zend_stack of zvals. */
function addStack(image: MemoryImage, address: number, name: string, roots: RootList): void {
  const { elements, count } = readZendStack(image, address, MOST_STACKED);
  const first = image.at(elements);
  if (elements === 0 || first < 0) return;
  roots.addAt(elements, NODE_KIND.internal, ROOT_RANK.named, name);
  for (let index = 0; index < count; index++) {
    const at = first + index * ZVAL_WORDS;
    if (at + ZVAL_WORDS <= image.words.length) roots.addZval(image, at, ROOT_RANK.named, () => name);
  }
}
