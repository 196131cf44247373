import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { elementsOf, forEachElement } from './hash-table.js';
import { visitZval } from './zval.js';

/**
 * Tells the sink of the values of a WeakMap. Its keys are objects that it does not hold; a value is held for as long as
 * its key lives. What stands in the table in a key's place is the object's address, shifted.
 */
export function visitWeakMap({ image }: HeapView, at: number, sink: EdgeSink): void {
  const { weakMap } = image.header.structures;
  if (weakMap === null) return;
  const table = at + (weakMap.table - weakMap.std) / 4;
  const { first, count } = elementsOf(image, table);
  if (count > 0) internalEdge(sink, image.addressOfWord(first), NODE_KIND.arrayData, INTERNAL['(elements)']);
  forEachElement(image, table, (element, _, place) => {
    visitZval(image, element, sink, EDGE.objectKey, place * 2 ** weakMap.keyShift);
  });
}
