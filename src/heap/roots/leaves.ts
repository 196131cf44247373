import type { GraphBuilder } from '../graph-builder.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { lazyObjectElements } from '../structures/lazy-object.js';
import { executorGlobals, objectTableOf } from '../engine-globals.js';

const MOST_PAGES = 1 << 16;
const MOST_OBJECTS = 1 << 28;
/** The low bit marks a free bucket (Zend/zend_objects_API.h: OBJ_BUCKET_INVALID). */
const FREE_BUCKET = 1;

/**
 * Blocks that hold addresses without keeping anything alive: the pages of the VM stack, whose frames are read by
 * themselves, the table of all objects, and that of lazy ones.
 */
export function markLeaves({ image, suspendedStacks }: HeapView, builder: GraphBuilder): void {
  const globals = executorGlobals(image);
  let page = image.pointer(globals + image.header.engine.eg.vmStack);
  for (let pages = 0; page !== 0 && pages < MOST_PAGES; pages++) {
    builder.leaf(page, NODE_KIND.vmStack);
    // struct _zend_vm_stack: top, end, prev.
    page = image.pointer(page + 16);
  }
  for (const stack of suspendedStacks) for (const suspended of stack.pages) builder.leaf(suspended, NODE_KIND.vmStack);
  builder.leaf(objectTableOf(image), NODE_KIND.internal);
  builder.leaf(lazyObjectElements(image), NODE_KIND.internal);
}

/** Meets every object that there is, so that those nothing refers to are known for what they are. */
export function meetObjects({ image }: HeapView, builder: GraphBuilder): void {
  const store = executorGlobals(image) + image.header.structures.eg.objectsStore;
  const first = image.at(image.pointer(store));
  if (first < 0) return;
  const top = Math.min(image.uint32(store + 8), MOST_OBJECTS, (image.endOfSegment(first) - first) / 2);
  // Handle 0 is never given.
  for (let handle = 1; handle < top; handle++) {
    const low = image.words[first + handle * 2]!;
    if ((low & FREE_BUCKET) === 0) builder.meet(low, image.words[first + handle * 2 + 1]!, NODE_KIND.object);
  }
}
