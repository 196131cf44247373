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
 * Takes 4 bytes a node for the result, and meanwhile at most 25 bytes a node (less where there are leaves) and 8 for
 * each edge after the first that leads to a node.
 */
export function findDominators(graph: Topology): Dominators {
  const tree = searchDepthFirst(graph);
  const dominatorNumbers = settle(tree);
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
  /** By number: where in `otherEdges` the list of further edges to it begins; 0 where there are none. */
  readonly heads: Uint32Array;
  /** Edges that found nothing new, two values each: the number from which it comes, where the next in the list is. */
  readonly otherEdges: Uint32Array;
  /** As large as `order`, content of no meaning: to be used again. */
  readonly spare: Uint32Array;
}

/** The way up is in `parents` and each node keeps its place among its edges: no stack, however deep the graph is. */
function searchDepthFirst(graph: Topology): SearchTree {
  const { nodeCount, edgeStart, edgeTo } = graph;
  const degrees = inDegrees(graph);
  // Node 0 is entered without an edge.
  degrees[0] = IN_DEGREE.many;
  const room = roomNeeded(graph, degrees);
  const numbers = new Uint32Array(nodeCount).fill(NO_DOMINATOR);
  const order = new Uint32Array(room.numbers);
  const parents = new Uint32Array(room.numbers);
  const heads = new Uint32Array(room.numbers);
  const nextEdge = new Uint32Array(room.numbers);
  // Place 0 stands for none.
  const otherEdges = new Uint32Array(2 + 2 * room.otherEdges);
  let others = 2;
  let count = 1;
  let current = 0;
  numbers[0] = 0;
  nextEdge[0] = edgeStart[0]!;
  for (;;) {
    const node = order[current]!;
    const end = edgeStart[node + 1]!;
    let edge = nextEdge[current]!;
    let entered = false;
    while (edge < end && !entered) {
      const target = edgeTo[edge++]!;
      const lone = degrees[target] === IN_DEGREE.one;
      const number = lone ? NO_DOMINATOR : numbers[target]!;
      if (number !== NO_DOMINATOR) {
        otherEdges[others] = current;
        otherEdges[others + 1] = heads[number]!;
        heads[number] = others;
        others += 2;
      } else if (lone && edgeStart[target] === edgeStart[target + 1]) {
        numbers[target] = node;
      } else {
        nextEdge[current] = edge;
        numbers[target] = count;
        order[count] = target;
        parents[count] = current;
        nextEdge[count] = edgeStart[target]!;
        current = count++;
        entered = true;
      }
    }
    if (entered) continue;
    if (current === 0) break;
    current = parents[current]!;
  }
  return { count, numbers, order, parents, heads, otherEdges, spare: nextEdge };
}

/** At most so many nodes get a number, and so many edges find nothing new: a node that is reached took one of its. */
function roomNeeded({ nodeCount, edgeStart }: Topology, degrees: Uint8Array): { numbers: number; otherEdges: number } {
  let numbers = 1;
  let referredTo = 0;
  for (let node = 1; node < nodeCount; node++) {
    if (degrees[node] === IN_DEGREE.none) continue;
    referredTo++;
    if (degrees[node] === IN_DEGREE.many || edgeStart[node] !== edgeStart[node + 1]) numbers++;
  }
  return { numbers, otherEdges: edgeStart[nodeCount]! - referredTo };
}

/**
 * Number of the dominator, by number. A node's semidominator is the lowest number from which a way leads to it through
 * higher numbers only. Nodes are settled from the highest number down; where the semidominator is not the parent, the
 * node waits in its semidominator's list until that one's turn comes.
 *
 * One array serves three times. Before a node's turn: the head of the list of those that wait for it (0: nobody).
 * While it waits itself: the next in that list. After that: its dominator, or a node with the same one.
 */
function settle({ count, parents, heads, otherEdges, spare: semi }: SearchTree): Uint32Array {
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
    for (let at = heads[i]!; at !== 0; at = otherEdges[at + 1]!) {
      const source = otherEdges[at]!;
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
