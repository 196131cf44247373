import type { Topology } from './dominators.js';

/** Sets of nodes each of which reaches all others of its set. */
export interface StrongComponents {
  readonly count: number;
  /** Component by node. An edge to another component leads to one with a lower number. */
  readonly componentOf: Uint32Array;
  /** count + 1 values: the nodes of component c are members[starts[c]] to members[starts[c + 1] - 1]. */
  readonly starts: Uint32Array;
  readonly members: Uint32Array;
}

/** Larger than any place in the search. */
const SETTLED = 0xffff_ffff;

/**
 * The strongly connected components of a graph, its node 0 included like any other (Tarjan, "Depth-first search and
 * linear graph algorithms", 1972). No recursion; 28 bytes a node, 12 of them for the result.
 */
export function strongComponents({ nodeCount, edgeStart, edgeTo }: Topology): StrongComponents {
  // From 1 in the order of the search; 0: not found yet; SETTLED once its component is known.
  const found = new Uint32Array(nodeCount);
  // The earliest place known to be reached within the component.
  const low = new Uint32Array(nodeCount);
  const parents = new Uint32Array(nodeCount);
  const nextEdge = edgeStart.slice(0, nodeCount);
  const pending = new Uint32Array(nodeCount);
  const componentOf = new Uint32Array(nodeCount);
  const starts = new Uint32Array(nodeCount + 1);
  const members = new Uint32Array(nodeCount);
  let [places, pendingCount, memberCount, count] = [0, 0, 0, 0];

  const enter = (node: number): void => {
    found[node] = low[node] = ++places;
    pending[pendingCount++] = node;
  };
  const close = (node: number): void => {
    let member;
    do {
      member = pending[--pendingCount]!;
      found[member] = SETTLED;
      componentOf[member] = count;
      members[memberCount++] = member;
    } while (member !== node);
    starts[++count] = memberCount;
  };

  for (let first = 0; first < nodeCount; first++) {
    if (found[first] !== 0) continue;
    let node = first;
    enter(node);
    for (;;) {
      const edge = nextEdge[node]!;
      if (edge < edgeStart[node + 1]!) {
        nextEdge[node]!++;
        const target = edgeTo[edge]!;
        if (found[target] === 0) {
          parents[target] = node;
          node = target;
          enter(node);
        } else if (found[target]! < low[node]!) {
          low[node] = found[target]!;
        }
        continue;
      }
      if (low[node] === found[node]) close(node);
      if (node === first) break;
      const parent = parents[node]!;
      if (low[node]! < low[parent]!) low[parent] = low[node]!;
      node = parent;
    }
  }
  return { count, componentOf, starts: starts.slice(0, count + 1), members };
}
