import { EDGE, INTERNAL } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import { NODE_KIND } from './heap-graph.js';
import type { HeapView } from './heap-view.js';
import { visitHashTable } from './structures/hash-table.js';
import { visitObject } from './structures/object.js';
import { scanWords } from './structures/scan.js';
import { visitZval } from './structures/zval.js';

/** Words of the header of whatever is counted (zend_refcounted_h). */
const HEADER_WORDS = 2;

/**
 * Tells the sink of every pointer that the block of a node holds, always in the same order.
 *
 * @param kind what the block is, one of NODE_KIND
 * @param inner8 where in the block its zend_object lies, in units of 8 bytes
 */
export function visitBlock(view: HeapView, node: number, kind: number, inner8: number, sink: EdgeSink): void {
  const { image, blocks } = view;
  const first = blocks.words[node]!;
  const end = first + blocks.sizes8[node]! * 2;
  switch (kind) {
    case NODE_KIND.array:
      visitHashTable(image, first, sink);
      break;
    case NODE_KIND.object:
      visitObject(view, first + inner8 * 2, { first, end }, sink);
      break;
    case NODE_KIND.reference:
      visitZval(image, first + HEADER_WORDS, sink, EDGE.internal, INTERNAL['(value)']);
      break;
    case NODE_KIND.resource: {
      const at = first + image.header.structures.resource.ptr / 4;
      sink.edge(image.words[at]!, image.words[at + 1]!, NODE_KIND.unknown, EDGE.internal, INTERNAL['(value)']);
      break;
    }
    case NODE_KIND.constantExpression:
    case NODE_KIND.code:
    case NODE_KIND.unknown:
      scanWords(image, first, view.usedEnds.get(node) ?? end, sink);
      break;
    default:
      break;
  }
}
