import type { HeapGraph } from './heap-graph.js';
import { IN_DEGREE, inDegrees } from './in-degrees.js';
import { PathMinima } from './path-minima.js';

/** What the algorithms on a graph need of it. */
export type Topology = Pick<HeapGraph, 'nodeCount' | 'edgeStart' | 'edgeTo'>;

/** The dominator of a node that node 0 does not reach: it has none. */
export const NO_DOMINATOR = 0xffff_ffff;

export interface Dominators {
  /**
   * Immediate dominator by node: the last node that all ways from node 0 have in common, and so the one without which
   * the node would be freed. NO_DOMINATOR where there is no way; node 0 is its own.
   */
  readonly dominator: Uint32Array;
  /**
   * Node 0 and the nodes that it reaches, each after its dominator. Those nodes are left out that refer to nothing and
   * have one reference to them: they dominate nothing.
   */
  readonly order: Uint32Array;
}

/**
 * The immediate dominators of all nodes that node 0 reaches, by the simple variant of Lengauer and Tarjan, "A fast
 * algorithm for finding dominators in a flowgraph" (1979): O(m log n) for every graph. The simpler ways (Cooper, Harvey
 * and Kennedy; Semi-NCA) are quadratic on a long linked list whose values are in a second container too.
 *
 * Takes 4 bytes a node for the result and at most 25 bytes a node and 4 an edge meanwhile, less where there are leaves.
 */
export function findDominators(graph: Topology): Dominators {
  const degrees = inDegrees(graph);
  // Node 0 is entered without an edge.
  degrees[0] = IN_DEGREE.many;
  const tree = searchDepthFirst(graph, degrees);
  const predecessors = collectPredecessors(graph, degrees, tree);
  const dominatorNumbers = settle(tree, predecessors);
  // The numbers have served; what was written for lone leaves is a dominator already.
  const dominator = tree.numbers;
  for (let i = 0; i < tree.count; i++) dominator[tree.order[i]!] = tree.order[dominatorNumbers[i]!]!;
  return { dominator, order: tree.order.slice(0, tree.count) };
}

/** From here on nodes go by their number: their place in the order of the depth-first search. */
interface SearchTree {
  /** So many nodes have a number. */
  readonly count: number;
  /** Number by node. For a leaf with one reference to it, which gets none: the node that refers to it. */
  readonly numbers: Uint32Array;
  /** Node by number. */
  readonly order: Uint32Array;
  /** Number of the node from which it was found, by number. */
  readonly parents: Uint32Array;
  /** So many references to it were seen, by number; 0 for a node with but one. */
  readonly references: Uint32Array;
  /** As large as `order`, content of no meaning: to be used again. */
  readonly spare: Uint32Array;
}

/** The way up is in `parents` and each node keeps its place among its edges: no stack, however deep the graph is. */
function searchDepthFirst({ nodeCount, edgeStart, edgeTo }: Topology, degrees: Uint8Array): SearchTree {
  const room = countNumbered(nodeCount, edgeStart, degrees);
  const numbers = new Uint32Array(nodeCount).fill(NO_DOMINATOR);
  const order = new Uint32Array(room);
  const parents = new Uint32Array(room);
  const references = new Uint32Array(room + 1);
  const nextEdge = new Uint32Array(room);
  numbers[0] = 0;
  nextEdge[0] = edgeStart[0]!;
  let count = 1;
  let current = 0;
  for (;;) {
    const node = order[current]!;
    const end = edgeStart[node + 1]!;
    let edge = nextEdge[current]!;
    let entered = false;
    while (edge < end && !entered) {
      const target = edgeTo[edge++]!;
      const shared = degrees[target] !== IN_DEGREE.one;
      const number = shared ? numbers[target]! : NO_DOMINATOR;
      if (number !== NO_DOMINATOR) {
        references[number]!++;
      } else if (!shared && edgeStart[target] === edgeStart[target + 1]) {
        numbers[target] = node;
      } else {
        numbers[target] = count;
        order[count] = target;
        parents[count] = current;
        nextEdge[count] = edgeStart[target]!;
        if (shared) references[count] = 1;
        nextEdge[current] = edge;
        current = count++;
        entered = true;
      }
    }
    if (entered) continue;
    if (current === 0) break;
    current = parents[current]!;
  }
  return { count, numbers, order, parents, references, spare: nextEdge };
}

function countNumbered(nodeCount: number, edgeStart: Uint32Array, degrees: Uint8Array): number {
  let count = 1;
  for (let node = 1; node < nodeCount; node++) {
    const leaf = edgeStart[node] === edgeStart[node + 1];
    if (degrees[node] === IN_DEGREE.many || (degrees[node] === IN_DEGREE.one && !leaf)) count++;
  }
  return count;
}

interface Predecessors {
  /** By number: its predecessors are sources[starts[i]] to sources[starts[i + 1] - 1]. None where it has but one. */
  readonly starts: Uint32Array;
  /** Numbers. */
  readonly sources: Uint32Array;
}

function collectPredecessors(
  { edgeStart, edgeTo }: Topology,
  degrees: Uint8Array,
  { count, numbers, order, references: starts }: SearchTree,
): Predecessors {
  let total = 0;
  // Ends first: filling moves each down to its start.
  for (let i = 0; i <= count; i++) starts[i] = total += starts[i]!;
  const sources = new Uint32Array(total);
  for (let i = 0; i < count; i++) {
    const node = order[i]!;
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
      const target = edgeTo[edge]!;
      if (degrees[target] === IN_DEGREE.one) continue;
      sources[--starts[numbers[target]!]!] = i;
    }
  }
  return { starts, sources };
}

/**
 * Number of the dominator, by number. A node's semidominator is the lowest number from which a way leads to it through
 * higher numbers only. Nodes are settled from the highest number down; where the semidominator is not the parent, the
 * node waits in its semidominator's list until that one's turn comes.
 *
 * One array serves three times. Before a node's turn: the head of the list of those that wait for it (0: nobody).
 * While it waits itself: the next in that list. After that: its dominator, or a node with the same one.
 */
function settle({ count, parents, spare }: SearchTree, { starts, sources }: Predecessors): Uint32Array {
  const semi = spare;
  const dominators = new Uint32Array(count);
  const minima = new PathMinima(parents, semi);
  for (let i = count - 1; i > 0; i--) {
    for (let waiting = dominators[i]!, next; waiting !== 0; waiting = next) {
      next = dominators[waiting]!;
      const lowest = minima.find(waiting, i);
      dominators[waiting] = semi[lowest]! < i ? lowest : i;
    }
    const parent = parents[i]!;
    let least = parent;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const source = sources[at]!;
      const candidate = source <= i ? source : semi[minima.find(source, i)]!;
      if (candidate < least) least = candidate;
    }
    semi[i] = least;
    if (least === parent) {
      dominators[i] = parent;
    } else {
      dominators[i] = dominators[least]!;
      dominators[least] = i;
    }
  }
  for (let waiting = dominators[0]!, next; waiting !== 0; waiting = next) {
    next = dominators[waiting]!;
    dominators[waiting] = 0;
  }
  dominators[0] = 0;
  for (let i = 1; i < count; i++) {
    if (dominators[i] !== semi[i]) dominators[i] = dominators[dominators[i]!]!;
  }
  return dominators;
}
