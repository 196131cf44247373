import type { GraphBuilder } from '../graph-builder.js';
import type { HeapView } from '../heap-view.js';
import { addAttributes } from './attributes.js';
import { addClassRoots } from './classes.js';
import { addConstants, addGlobals } from './globals.js';
import { addCode, addFunctionRoots } from './functions.js';
import { addHandlers } from './handlers.js';
import { markLeaves, meetObjects } from './leaves.js';
import { addNativeRoots } from './native.js';
import { markOutputBuffers } from './output-buffers.js';
import { RootList } from './root-list.js';
import { markStreamBuffers } from './streams.js';
import { addStreamRegistries } from './stream-registries.js';
import { addCoroutineContexts, addStackVariables, addTemporaries } from './stacks.js';
import { addEngineTables } from './tables.js';
import { measureCode } from './used-parts.js';

/** Follows the heap from all its roots, the best explained first. Returns the roots. */
export function followRoots(view: HeapView, builder: GraphBuilder): RootList {
  const roots = new RootList(builder);
  measureCode(view);
  markLeaves(view, builder);
  markStreamBuffers(view, builder);
  markOutputBuffers(view, builder);
  const steps: ((view: HeapView, roots: RootList) => void)[] = [
    addGlobals,
    addClassRoots,
    addFunctionRoots,
    addConstants,
    addHandlers,
    addStreamRegistries,
    addStackVariables,
    addCoroutineContexts,
    addTemporaries,
    addAttributes,
    addCode,
    addEngineTables,
    addNativeRoots,
  ];
  for (const step of steps) {
    step(view, roots);
    builder.follow();
  }
  meetObjects(view, builder);
  builder.follow();
  builder.followRest();
  return roots;
}
