import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { elementsOf } from './hash-table.js';
import { visitZval } from './zval.js';

/**
 * Tells the sink of the values of a WeakMap. Its keys are objects that it does not hold; a value is held for as long as
 * its key lives, so its name is the key's address, which is all that there is of it.
 */
export function visitWeakMap({ image }: HeapView, at: number, sink: EdgeSink): void {
  const { weakMap } = image.header.structures;
  if (weakMap === null) return;
  const table = at + (weakMap.table - weakMap.std) / 4;
  const { first, count, strideWords } = elementsOf(image, table);
  if (count > 0) internalEdge(sink, image.addressOfWord(first), NODE_KIND.arrayData, INTERNAL['(elements)']);
  for (let index = 0; index < count; index++) {
    visitZval(image, first + index * strideWords, sink, EDGE.index, index);
  }
}
