import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { framesFrom, visitTemporaries, visitVariables } from './frame.js';
import { visitZval } from './zval.js';

/**
 * ZEND_VM_STACK_HEADER_SLOTS (Zend/zend_execute.h): the first frame begins here in its page. zend_fiber.vm_stack is set
 * only when a fiber has finished; while it is suspended, this is the way to its page.
 */
const STACK_HEADER = 32;

/** Tells the sink of a generator's values and, while it is suspended, of the variables of its frame. */
export function visitGenerator(image: MemoryImage, at: number, sink: EdgeSink): void {
  const { generator } = image.header.structures;
  for (const field of [generator.value, generator.key, generator.retval, generator.values]) {
    visitZval(image, at + field / 4, sink, EDGE.internal, INTERNAL['(value)']);
  }
  const executeData = image.pointerAt(at + generator.executeData / 4);
  const [frame] = framesFrom(image, executeData);
  if (executeData === 0 || frame === undefined) return;
  internalEdge(sink, executeData, NODE_KIND.vmStack, INTERNAL['(frame)']);
  visitVariables(image, frame, sink, 'held');
  visitTemporaries(image, frame, sink, 'held');
}

/** Tells the sink of what a suspended fiber holds: its callable, its result, and all variables on its stack. */
export function visitFiber(image: MemoryImage, at: number, sink: EdgeSink): void {
  const { fiber } = image.header.structures;
  if (fiber === null) return;
  visitZval(image, at + fiber.callable / 4, sink, EDGE.internal, INTERNAL['(code)']);
  visitZval(image, at + fiber.result / 4, sink, EDGE.internal, INTERNAL['(value)']);
  const bottom = image.pointerAt(at + fiber.stackBottom / 4);
  const page = bottom === 0 ? 0 : bottom - STACK_HEADER;
  internalEdge(sink, page, NODE_KIND.vmStack, INTERNAL['(frame)']);
  for (const frame of framesFrom(image, image.pointerAt(at + fiber.executeData / 4), bottom)) {
    visitVariables(image, frame, sink, 'held');
    visitTemporaries(image, frame, sink, 'held');
  }
}
