import { findGarbage } from '../../src/heap/garbage.js';
import type { Garbage } from '../../src/heap/garbage.js';
import type { HeapGraph } from '../../src/heap/heap-graph.js';
import { NODE_KIND } from '../../src/heap/heap-graph.js';
import { shortestPaths } from '../../src/heap/shortest-paths.js';
import { COUNT } from '../../src/heap/unexplained-counts.js';

/** What a test says of one node: where its edges lead. Node 0 is the root. */
export type EdgeLists = readonly (readonly number[])[];

/** A graph of these edges. Node n has 8 * (n + 1) bytes where no sizes are given, the root none. */
export function graphOf(edges: EdgeLists, sizes8: readonly number[] = edges.map((_, node) => node + 1)): HeapGraph {
  const edgeStart = new Uint32Array(edges.length + 1);
  edges.forEach((list, node) => (edgeStart[node + 1] = edgeStart[node]! + list.length));
  return {
    nodeCount: edges.length,
    sizes8: Uint32Array.from(sizes8, (size, node) => (node === 0 ? 0 : size)),
    kinds: Uint8Array.from(edges, (_, node) => (node === 0 ? NODE_KIND.root : NODE_KIND.object)),
    edgeStart,
    edgeTo: Uint32Array.from(edges.flat()),
    typeName: (node) => `Node${node % 3}`,
    edgeName: (node, edge) => ({ kind: node === 0 ? 'root' : 'property', name: `edge${edge}` }),
    addressOf: (node) => 0x7f00_0020_0000 + node * 320,
  };
}

/** Its garbage, where all references are found but to those nodes. */
export function garbageIn(graph: HeapGraph, unexplained: readonly number[] = []): Garbage {
  const lastEdges = shortestPaths(graph, new Uint8Array(graph.edgeStart[1]!));
  return findGarbage(graph, lastEdges, (nodes) =>
    Uint8Array.from(nodes, (node) => COUNT.traversed | (unexplained.includes(node) ? COUNT.unexplained : 0)),
  );
}

/** Up to `most` nodes at random, with edges to themselves, to the root, twice to the same node, and long chains. */
export function randomEdges(random: () => number, most: number): number[][] {
  const count = 1 + (random() % most);
  const edges: number[][] = Array.from({ length: count }, () => []);
  const wanted = random() % (3 * count);
  for (let i = 0; i < wanted; i++) edges[random() % count]!.push(random() % count);
  const chain = random() % 3 === 0 ? random() % count : 0;
  for (let node = 0; node < chain; node++) edges[node]!.push(node + 1);
  return edges;
}

/** Nodes that can be reached from these without entering `without`. */
export function reached(edges: EdgeLists, from: readonly number[], without = -1): Set<number> {
  const seen = new Set(from.filter((node) => node !== without));
  // A set is walked on to what is added meanwhile.
  for (const node of seen) for (const target of edges[node]!) if (target !== without) seen.add(target);
  return seen;
}

/** Numbers below 2^31 from a seed. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) >>> 1;
  };
}
