import type { ImageGraph } from './graph.js';
import { NODE_KIND } from './heap-graph.js';
import type { HeapGraph } from './heap-graph.js';
import { stringText } from './string-content.js';

/** As much of a string as a viewer shows in a line. */
const MOST_BYTES = 1024;

/** The same graph, in which a string is called by its content. */
export function namedStrings(graph: ImageGraph): HeapGraph {
  const { nodeCount, sizes8, kinds, edgeStart, edgeTo } = graph;
  return {
    nodeCount,
    sizes8,
    kinds,
    edgeStart,
    edgeTo,
    typeName: (node) => (kinds[node] === NODE_KIND.string ? stringText(graph, node, MOST_BYTES) : graph.typeName(node)),
    edgeName: (node, edge) => graph.edgeName(node, edge),
    addressOf: (node) => graph.addressOf(node),
  };
}
