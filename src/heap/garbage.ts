import { findDominators } from './dominators.js';
import type { Topology } from './dominators.js';
import type { HeapGraph } from './heap-graph.js';
import { retainedSizes8 } from './retained.js';
import { NO_EDGE } from './shortest-paths.js';
import { strongComponents } from './strong-components.js';
import type { StrongComponents } from './strong-components.js';
import { COUNT } from './unexplained-counts.js';

/**
 * Bits of a node, none for a reachable one. `cycle`: in one or hanging on one. `orphan`: kept by nothing that is known,
 * or hanging on such a one; the collector takes what has `cycle` alone. `cause`: part of a cause.
 */
export const GARBAGE = { cycle: 1, orphan: 2, cause: 4 } as const;

export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** What starts a garbage subgraph: nothing outside of it refers to it, as far as is known. */
export interface GarbageCause {
  /**
   * `cycle`: blocks that keep each other alive. `orphan`: one block that no block refers to. `kept`: blocks with a
   * reference count that nothing explains, so that the collector leaves them alone.
   */
  readonly kind: 'cycle' | 'orphan' | 'kept';
  /** The blocks of the cycle, or the orphan. */
  readonly nodes: Uint32Array;
  /** What would be freed with it, itself included. */
  readonly retainedBytes: number;
}

/** The blocks that node 0 does not reach. */
export interface Garbage {
  /** GARBAGE bits by node. */
  readonly bits: Uint8Array;
  /** In a cycle or hanging on one. */
  readonly cycle: Amount;
  /** Of these, kept by an orphan or an unexplained reference count too: the cycle collector cannot take them. */
  readonly cycleKeptByOrphan: Amount;
  /** Orphans and what hangs on them, but on no cycle. */
  readonly orphan: Amount;
  /** How many causes there are. A cycle that hangs on another cycle or on an orphan is none. */
  readonly causeCount: number;
  /** The causes that retain most, at most so many, the biggest first. */
  largestCauses(atMost: number): GarbageCause[];
}

/** COUNT bits of these unreachable nodes, in their order. */
export type CountsOf = (nodes: Uint32Array) => Uint8Array;

/**
 * Tells garbage cycles from orphans. Costs 5 bytes a node, and about 80 for each that is not reachable.
 *
 * @param lastEdges as `shortestPaths` finds them
 */
export function findGarbage(
  graph: Pick<HeapGraph, 'nodeCount' | 'sizes8' | 'edgeStart' | 'edgeTo'>,
  lastEdges: Uint32Array,
  countsOf: CountsOf,
): Garbage {
  const nodes = unreachableNodes(lastEdges);
  const inner = subgraph(graph, nodes);
  const components = strongComponents(inner);
  const marks = markComponents(inner, components, countsOf(nodes));
  const causes = findCauses(components, marks);
  const sizes8 = Uint32Array.from(nodes, (node) => graph.sizes8[node]!);
  const retained8 = retainedByCause(inner, sizes8, components, causes);

  const bits = new Uint8Array(graph.nodeCount);
  nodes.forEach((node, i) => (bits[node] = marks.bits[components.componentOf[i]!]!));
  const amount = (mask: number, value: number): Amount => amountOf(nodes, graph.sizes8, bits, mask, value);
  const both = GARBAGE.cycle | GARBAGE.orphan;
  return {
    bits,
    cycle: amount(GARBAGE.cycle, GARBAGE.cycle),
    cycleKeptByOrphan: amount(both, both),
    orphan: amount(both, GARBAGE.orphan),
    causeCount: causes.length,
    largestCauses: (atMost) =>
      Array.from(causes.keys())
        .sort((a, b) => retained8[b]! - retained8[a]! || a - b)
        .slice(0, atMost)
        .map((cause) => ({
          kind: CAUSE_KINDS[marks.kinds[causes[cause]!]!]!,
          nodes: membersOf(components, causes[cause]!).map((inner) => nodes[inner]!),
          retainedBytes: retained8[cause]! * 8,
        })),
  };
}

/** Node 0 is its own root. */
function unreachableNodes(lastEdges: Uint32Array): Uint32Array {
  let count = 0;
  for (let node = 1; node < lastEdges.length; node++) if (lastEdges[node] === NO_EDGE) count++;
  const nodes = new Uint32Array(count);
  for (let node = 1, i = 0; i < count; node++) if (lastEdges[node] === NO_EDGE) nodes[i++] = node;
  return nodes;
}

/** The nodes by their place in the list, with the edges between them. */
function subgraph({ nodeCount, edgeStart, edgeTo }: Topology, nodes: Uint32Array): Topology {
  const outside = nodes.length;
  const places = new Uint32Array(nodeCount).fill(outside);
  nodes.forEach((node, place) => (places[node] = place));
  const starts = new Uint32Array(nodes.length + 1);
  const visit = (edgeFound: (place: number, target: number) => void): void => {
    nodes.forEach((node, place) => {
      for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
        const target = places[edgeTo[edge]!]!;
        if (target !== outside) edgeFound(place, target);
      }
    });
  };
  visit((place) => void starts[place + 1]!++);
  for (let place = 0; place < nodes.length; place++) starts[place + 1]! += starts[place]!;
  const targets = new Uint32Array(starts[nodes.length]!);
  let filled = 0;
  visit((_, target) => (targets[filled++] = target));
  return { nodeCount: nodes.length, edgeStart: starts, edgeTo: targets };
}

/** By component. */
interface Marks {
  /** Of those that are causes: index into CAUSE_KINDS. */
  readonly kinds: Uint8Array;
  /** GARBAGE bits. */
  readonly bits: Uint8Array;
}

const CAUSE_KINDS = ['orphan', 'cycle', 'kept'] as const;

function markComponents({ edgeStart, edgeTo }: Topology, components: StrongComponents, countBits: Uint8Array): Marks {
  const { count, componentOf, starts, members } = components;
  const kinds = new Uint8Array(count);
  const bits = new Uint8Array(count);
  // Edges lead to lower numbers: when its turn comes, all that refers to a component has been seen.
  for (let component = count - 1; component >= 0; component--) {
    const [start, end] = [starts[component]!, starts[component + 1]!];
    let counts = 0;
    for (let i = start; i < end; i++) counts |= countBits[members[i]!]!;
    const isCyclic =
      (counts & COUNT.traversed) !== 0 && (end - start > 1 || refersToItself(members[start]!, edgeStart, edgeTo));
    if (bits[component] === 0) {
      bits[component] = GARBAGE.cause | (isCyclic ? 0 : GARBAGE.orphan);
      kinds[component] = isCyclic ? 1 : 0;
    }
    if ((counts & COUNT.unexplained) !== 0 && (bits[component]! & GARBAGE.orphan) === 0) {
      bits[component]! |= GARBAGE.orphan | GARBAGE.cause;
      kinds[component] = 2;
    }
    if (isCyclic) bits[component]! |= GARBAGE.cycle;
    const inherited = bits[component]! & ~GARBAGE.cause;
    for (let i = start; i < end; i++) {
      const node = members[i]!;
      for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
        const target = componentOf[edgeTo[edge]!]!;
        if (target !== component) bits[target]! |= inherited;
      }
    }
  }
  return { kinds, bits };
}

function refersToItself(node: number, edgeStart: Uint32Array, edgeTo: Uint32Array): boolean {
  return edgeTo.subarray(edgeStart[node], edgeStart[node + 1]).includes(node);
}

function findCauses({ count }: StrongComponents, { bits }: Marks): Uint32Array {
  const causes = new Uint32Array(count);
  let found = 0;
  for (let c = 0; c < count; c++) if ((bits[c]! & GARBAGE.cause) !== 0) causes[found++] = c;
  return causes.slice(0, found);
}

/**
 * Retained size / 8 by cause: dominators again, under a root that refers to a node for each cause, which refers to all
 * nodes of the cause.
 */
function retainedByCause(
  { nodeCount, edgeStart, edgeTo }: Topology,
  sizes8: Uint32Array,
  components: StrongComponents,
  causes: Uint32Array,
): Uint32Array {
  const firstNode = 1 + causes.length;
  const starts = new Uint32Array(firstNode + nodeCount + 1);
  let end = (starts[1] = causes.length);
  causes.forEach((component, i) => (starts[i + 2] = end += membersOf(components, component).length));
  for (let i = 0; i < nodeCount; i++) starts[firstNode + i + 1] = end + edgeStart[i + 1]!;

  const targets = new Uint32Array(end + edgeTo.length);
  causes.forEach((component, i) => {
    targets[i] = i + 1;
    membersOf(components, component).forEach((node, at) => (targets[starts[i + 1]! + at] = firstNode + node));
  });
  edgeTo.forEach((target, edge) => (targets[end + edge] = firstNode + target));

  const sizes = new Uint32Array(firstNode + nodeCount);
  sizes.set(sizes8, firstNode);
  const graph = { nodeCount: firstNode + nodeCount, sizes8: sizes, edgeStart: starts, edgeTo: targets };
  return retainedSizes8(graph, findDominators(graph)).subarray(1, firstNode);
}

function membersOf({ starts, members }: StrongComponents, component: number): Uint32Array {
  return members.subarray(starts[component], starts[component + 1]);
}

function amountOf(nodes: Uint32Array, sizes8: Uint32Array, bits: Uint8Array, mask: number, value: number): Amount {
  let [count, size8] = [0, 0];
  for (const node of nodes) {
    if ((bits[node]! & mask) !== value) continue;
    count++;
    size8 += sizes8[node]!;
  }
  return { count, bytes: size8 * 8 };
}
