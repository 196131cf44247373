import type { Topology } from './dominators.js';

/** In place of an edge: the node is not reached, or is node 0. */
export const NO_EDGE = 0xffff_ffff;

/** One step of a path: this edge, which leaves this node. */
export interface Step {
  readonly node: number;
  readonly edge: number;
}

/**
 * The last edge of a shortest path from node 0, by node: an index of edgeTo, NO_EDGE where there is none. Edges of
 * node 0 have ranks, in their order, and a path begins with an edge of the lowest rank from which there is one, even if
 * one of another rank were shorter. 4 bytes a node for the result and 4 meanwhile.
 */
export function shortestPaths({ nodeCount, edgeStart, edgeTo }: Topology, rootRanks: Uint8Array): Uint32Array {
  const firstRoot = edgeStart[0]!;
  const endOfRoots = edgeStart[1]!;
  if (rootRanks.length !== endOfRoots - firstRoot) {
    throw new RangeError(`${rootRanks.length} ranks for ${endOfRoots - firstRoot} edges of node 0`);
  }
  const lastEdges = new Uint32Array(nodeCount).fill(NO_EDGE);
  const queue = new Uint32Array(nodeCount);
  let queued = 0;
  let taken = 0;
  const reach = (edge: number): void => {
    const target = edgeTo[edge]!;
    if (target === 0 || lastEdges[target] !== NO_EDGE) return;
    lastEdges[target] = edge;
    queue[queued++] = target;
  };
  for (const rank of [...new Set(rootRanks)].sort((a, b) => a - b)) {
    for (let edge = firstRoot; edge < endOfRoots; edge++) if (rootRanks[edge - firstRoot] === rank) reach(edge);
    while (taken < queued) {
      const node = queue[taken++]!;
      for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) reach(edge);
    }
  }
  return lastEdges;
}

/** The steps from node 0 to a node by what shortestPaths found; null where the node is not reached. For node 0: none. */
export function pathTo(node: number, lastEdges: Uint32Array, edgeStart: Uint32Array): Step[] | null {
  const steps: Step[] = [];
  for (let at = node; at !== 0;) {
    const edge = lastEdges[at]!;
    if (edge === NO_EDGE) return null;
    at = sourceOf(edge, edgeStart);
    steps.push({ node: at, edge });
  }
  return steps.reverse();
}

/** The last node whose edges begin at or before this one. */
function sourceOf(edge: number, edgeStart: Uint32Array): number {
  let low = 0;
  let high = edgeStart.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (edgeStart[middle]! <= edge) low = middle;
    else high = middle;
  }
  return low;
}
