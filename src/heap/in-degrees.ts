import type { Topology } from './dominators.js';

/** How many edges lead to a node, as far as it matters. An edge that is there twice counts twice. */
export const IN_DEGREE = { none: 0, one: 1, many: 2 } as const;

/** IN_DEGREE by node, of the edges from all nodes, reachable or not. */
export function inDegrees({ nodeCount, edgeStart, edgeTo }: Topology): Uint8Array {
  const degrees = new Uint8Array(nodeCount);
  const end = edgeStart[nodeCount]!;
  for (let edge = 0; edge < end; edge++) {
    const target = edgeTo[edge]!;
    if (degrees[target]! < IN_DEGREE.many) degrees[target]!++;
  }
  return degrees;
}
