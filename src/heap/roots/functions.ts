import { EDGE } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { visitStatics } from '../structures/closure.js';
import { framesFrom } from '../structures/frame.js';
import { readFunction } from '../structures/functions.js';
import { forEachElement } from '../structures/hash-table.js';
import { readName } from '../structures/strings.js';
import { executorGlobals } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** Zend/zend_compile.h, 7.4 to 8.5: ZEND_ACC_HAS_RETURN_TYPE; arg_info follows num_args and required_num_args. */
const HAS_RETURN_TYPE = 1 << 13;
const ARG_INFO = 8;
/** So many in one function; more are no function. */
const MOST_CLOSURES = 1 << 12;

/** `static $cache in foo()`, of every function. */
export function addFunctionRoots({ image }: HeapView, roots: RootList): void {
  const table = image.at(image.pointer(executorGlobals(image) + image.header.engine.eg.functionTable));
  if (table < 0) return;
  forEachElement(image, table, (element) => {
    addStatics(image, image.pointerAt(element), roots);
  });
}

/** `compiled code`: the instructions of every function and method of PHP code. */
export function addCode(view: HeapView, roots: RootList): void {
  const { image } = view;
  const { engine } = image.header;
  const globals = executorGlobals(image);
  const add = (table: number): void => {
    const at = image.at(table);
    if (table === 0 || at < 0) return;
    forEachElement(image, at, (element) => {
      const func = image.pointerAt(element);
      if (readFunction(image, func) === undefined) return;
      roots.addAt(image.pointer(func + engine.opArray.opcodes), NODE_KIND.code, ROOT_RANK.engine, 'compiled code');
      addReturnTypes(image, func, roots);
    });
  };
  for (const frame of framesFrom(image, image.pointer(globals + engine.eg.currentExecuteData))) {
    // The code of a file is in no table.
    if (frame.func?.isFunction === false) addReturnTypes(image, frame.funcAddress, roots);
  }
  add(image.pointer(globals + engine.eg.functionTable));
  const classes = image.at(image.pointer(globals + engine.eg.classTable));
  if (classes < 0) return;
  forEachElement(image, classes, (element) => {
    const info = view.classes.at(image.pointerAt(element));
    if (info?.isUser === true) add(info.address + engine.classEntry.functionTable);
  });
}

/**
 * The return types of a function and of the closures in it. One stands before what arg_info points to, and is all of
 * its block where the function takes nothing.
 */
function addReturnTypes(image: MemoryImage, func: number, roots: RootList): void {
  const { engine, structures } = image.header;
  const { fnFlags, dynamicFuncDefs, numDynamicFuncDefs } = structures.opArray;
  const functions = [func];
  const seen = new Set<number>();
  for (let at = functions.pop(); at !== undefined; at = functions.pop()) {
    if (seen.has(at) || readFunction(image, at) === undefined) continue;
    seen.add(at);
    if ((image.uint32(at + fnFlags) & HAS_RETURN_TYPE) !== 0) {
      const argInfo = image.pointer(at + engine.func.numArgs + ARG_INFO);
      roots.addAt(argInfo - 8, NODE_KIND.unknown, ROOT_RANK.engine, 'compiled code');
    }
    if (dynamicFuncDefs === null || numDynamicFuncDefs === null) continue;
    const inner = image.pointer(at + dynamicFuncDefs);
    const count = Math.min(image.uint32(at + numDynamicFuncDefs), MOST_CLOSURES);
    for (let closure = 0; closure < count; closure++) functions.push(image.pointer(inner + 8 * closure));
  }
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
