import { NO_DOMINATOR, findDominators } from './dominators.js';
import type { ImageGraph } from './graph.js';
import { grown } from './grown.js';
import { NODE_KIND } from './heap-graph.js';
import { retainedSizes8 } from './retained.js';

/** Room for a way down the tree, which grows where it is deeper. */
const LEAST_DEPTH = 1 << 12;

/** All blocks of a type. */
export interface CountedType {
  readonly type: string;
  readonly blocks: number;
  readonly shallowBytes: number;
  /** What would go if all of them went. Unreachable ones retain nothing that counts here. */
  readonly retainedBytes: number;
}

/** Counts the blocks of a heap by kind and class, those that retain most first. About 40 bytes a node meanwhile. */
export function typeCensus(graph: ImageGraph): CountedType[] {
  const { nodeCount, sizes8, kinds } = graph;
  const types = new Uint32Array(nodeCount);
  const counts: number[] = [];
  const shallow: number[] = [];
  const retained: number[] = [];
  for (let node = 1; node < nodeCount; node++) {
    // The elements of an array are part of it, and its count is that of arrays.
    const isPart = kinds[node] === NODE_KIND.arrayData;
    const type = isPart ? NODE_KIND.array : graph.typeNumber(node);
    types[node] = type;
    counts[type] = (counts[type] ?? 0) + (isPart ? 0 : 1);
    shallow[type] = (shallow[type] ?? 0) + sizes8[node]! * 8;
    retained[type] ??= 0;
  }
  addRetained(graph, types, retained);
  return counts
    .map((blocks, type) => ({
      type: graph.typeText(type),
      blocks,
      shallowBytes: shallow[type]!,
      retainedBytes: retained[type]!,
    }))
    .filter(({ shallowBytes }) => shallowBytes > 0)
    .sort((a, b) => b.retainedBytes - a.retainedBytes || b.shallowBytes - a.shallowBytes);
}

/**
 * Adds to each type what its nodes retain, but for those below another node of the type, whose size has theirs in it.
 * Goes down the tree of dominators and counts the open nodes of each type.
 */
function addRetained(graph: ImageGraph, types: Uint32Array, retained: number[]): void {
  const { sizes8, starts, ends, nodes } = dominatorTree(graph);
  const open = new Uint32Array(retained.length);
  let path = new Uint32Array(LEAST_DEPTH);
  let depth = 1;
  while (depth > 0) {
    const node = path[depth - 1]!;
    // Children are taken from the last one on, so that what is left of them is always from their start to here.
    if (ends[node] === starts[node]) {
      depth--;
      if (node !== 0) open[types[node]!]!--;
      continue;
    }
    const child = nodes[--ends[node]!]!;
    const type = types[child]!;
    if (open[type] === 0) retained[type]! += sizes8[child]! * 8;
    // A node without children need not be entered.
    if (starts[child] === ends[child]) continue;
    open[type]!++;
    if (depth === path.length) path = grown(path, path.length * 2);
    path[depth++] = child;
  }
}

interface DominatorTree {
  /** Retained size / 8, by node. */
  readonly sizes8: Uint32Array;
  /** The children of node n are nodes[starts[n]] to nodes[ends[n] - 1]. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nodes: Uint32Array;
}

/** The tree of dominators from the root downwards; what it is made of is not needed any more when it is there. */
function dominatorTree(graph: ImageGraph): DominatorTree {
  const dominators = findDominators(graph);
  const { dominator } = dominators;
  const sizes8 = retainedSizes8(graph, dominators);
  const starts = new Uint32Array(dominator.length + 1);
  const isChild = (node: number): boolean => node !== 0 && dominator[node] !== NO_DOMINATOR;
  for (let node = 1; node < dominator.length; node++) if (isChild(node)) starts[dominator[node]! + 1]!++;
  for (let node = 0; node < dominator.length; node++) starts[node + 1]! += starts[node]!;
  const nodes = new Uint32Array(starts[dominator.length]!);
  const ends = starts.slice(0, dominator.length);
  for (let node = 1; node < dominator.length; node++) if (isChild(node)) nodes[ends[dominator[node]!]!++] = node;
  return { sizes8, starts, ends, nodes };
}
