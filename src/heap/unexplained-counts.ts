import type { ImageGraph } from './graph.js';
import { NODE_KIND } from './heap-graph.js';
import { ReferenceCounter, isCounted, referenceCount } from './reference-counts.js';

/** What PHP's collector makes of an unreachable block, bits. */
export const COUNT = {
  /** More references are counted than are found: something outside of the heap's graph keeps it. */
  unexplained: 1,
  /** The collector goes through it, so a cycle of which it is part can be taken. */
  traversed: 2,
} as const;

const TRAVERSED: ReadonlySet<number> = new Set([NODE_KIND.array, NODE_KIND.object, NODE_KIND.reference]);

/**
 * Compares the reference count of each of these unreachable blocks with the references to it that they hold themselves,
 * as PHP's collector does (trial deletion). COUNT bits, by place in `nodes`. A pointer within an extension's object or
 * block may be a counted reference and is taken for one; within PHP's own structures only counted ones are. 4 bytes a
 * node of the whole graph meanwhile.
 */
export function unexplainedCounts(graph: ImageGraph, nodes: Uint32Array): Uint8Array {
  const counter = new ReferenceCounter(graph, 'possible');
  for (const node of nodes) counter.count(node);
  return Uint8Array.from(nodes, (node) => {
    const count = isCounted(graph, node) ? referenceCount(graph, node) : 0;
    return (
      (count !== Infinity && count > counter.references[node]! ? COUNT.unexplained : 0) |
      (TRAVERSED.has(graph.kinds[node]!) ? COUNT.traversed : 0)
    );
  });
}
