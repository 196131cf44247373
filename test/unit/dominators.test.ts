import test from 'ava';
import { NO_DOMINATOR, findDominators } from '../../src/heap/dominators.js';
import { retainedSizes8 } from '../../src/heap/retained.js';
import { generator, graphOf, randomEdges, reached } from './small-graphs.js';
import type { EdgeLists } from './small-graphs.js';

const NONE = NO_DOMINATOR;

test('what one node alone refers to is dominated by it', (t) => {
  t.deepEqual(dominatorsOf([[1], [2, 3], [], []]), [0, 0, 1, 1]);
});

test('what two nodes refer to is dominated by what both have in common', (t) => {
  t.deepEqual(dominatorsOf([[1], [2, 3], [4], [4], []]), [0, 0, 1, 1, 1]);
  t.deepEqual(dominatorsOf([[1, 2], [3], [3], [4], []]), [0, 0, 0, 0, 3]);
});

test('a node that two references of the same node lead to is dominated by that node', (t) => {
  t.deepEqual(dominatorsOf([[1], [2, 2], [], []]), [0, 0, 1, NONE]);
});

test('a cycle is dominated by where it is entered', (t) => {
  t.deepEqual(dominatorsOf([[1], [2], [3], [2]]), [0, 0, 1, 2]);
  t.deepEqual(dominatorsOf([[1], [2, 3], [3], [2]]), [0, 0, 1, 1]);
});

test('unreachable nodes have no dominator and take none away', (t) => {
  t.deepEqual(dominatorsOf([[1], [2], [], [2, 1, 0], [4]]), [0, 0, 1, NONE, NONE]);
});

test('an edge back to the root changes nothing', (t) => {
  t.deepEqual(dominatorsOf([[1], [0, 2], []]), [0, 0, 1]);
});

test('a graph of the root alone', (t) => {
  t.deepEqual(dominatorsOf([[]]), [0]);
});

test('a node retains what it dominates and itself', (t) => {
  const graph = graphOf([[1, 4], [2, 3], [3], [], [3, 5], [], [5]], [0, 10, 20, 30, 40, 50, 60]);
  const retained8 = retainedSizes8(graph, findDominators(graph));
  t.deepEqual([...retained8], [150, 30, 20, 30, 90, 50, 0]);
});

test('a heap whose bytes cannot be added up in 32 bits of 8 bytes is refused', (t) => {
  const graph = graphOf([[1, 2], [], []], [0, 0xffff_ffff, 1]);
  t.throws(() => retainedSizes8(graph, findDominators(graph)), { message: /34359738368 bytes, 32 GiB is the most/ });
});

test('thousands of random graphs agree with taking out one node after the other', (t) => {
  for (let seed = 1; seed <= 6000; seed++) {
    const edges = randomEdges(generator(seed), seed % 200 === 0 ? 200 : 24);
    const graph = graphOf(edges);
    const dominators = findDominators(graph);
    if (!sameNumbers(dominators.dominator, naiveDominators(edges))) {
      t.deepEqual([...dominators.dominator], naiveDominators(edges), `seed ${seed}`);
    }
    if (!sameNumbers(retainedSizes8(graph, dominators), naiveRetained(edges, graph.sizes8))) {
      t.deepEqual([...retainedSizes8(graph, dominators)], naiveRetained(edges, graph.sizes8), `seed ${seed}`);
    }
  }
  t.pass();
});

test('each node of the order comes once and after its dominator, and what is left out is a leaf', (t) => {
  for (let seed = 1; seed <= 500; seed++) {
    const edges = randomEdges(generator(seed), 40);
    const { dominator, order } = findDominators(graphOf(edges));
    const seen = new Set<number>();
    for (const node of order) {
      if (node !== 0 && !seen.has(dominator[node]!)) t.fail(`seed ${seed}: ${node} stands before its dominator`);
      if (seen.has(node)) t.fail(`seed ${seed}: ${node} stands there twice`);
      seen.add(node);
    }
    const left = [...reached(edges, [0])].filter((node) => !seen.has(node));
    if (left.some((node) => edges[node]!.length > 0)) t.fail(`seed ${seed}: ${left.join()} are left out`);
  }
  t.pass();
});

test('a chain of two million nodes', (t) => {
  const count = 2_000_000;
  const chain = { ...graphOf([[]]), nodeCount: count, sizes8: new Uint32Array(count).fill(1) };
  // Each node refers to the next one and to the last.
  const graph = {
    ...chain,
    edgeStart: Uint32Array.from({ length: count + 1 }, (_, node) => Math.min(node, count - 1) * 2),
    edgeTo: Uint32Array.from({ length: 2 * count - 2 }, (_, edge) => (edge % 2 === 0 ? (edge >>> 1) + 1 : count - 1)),
  };
  const dominators = findDominators(graph);
  t.is(dominators.dominator[count - 2], count - 3);
  t.is(dominators.dominator[count - 1], 0);
  const retained8 = retainedSizes8(graph, dominators);
  t.is(retained8[0], count);
  t.is(retained8[1], count - 2);
  t.is(retained8[count - 1], 1);
});

test('a linked list whose values are in an array too takes no quadratic time', (t) => {
  const length = 400_000;
  // Node 1 is the array; then the list's nodes; then the values. The list comes first in the search.
  const first = 2;
  const edges: number[][] = [[first, 1], Array.from({ length }, (_, i) => first + length + i)];
  for (let i = 0; i < length; i++) edges.push([...(i + 1 < length ? [first + i + 1] : []), first + length + i]);
  for (let i = 0; i < length; i++) edges.push([]);
  const { dominator } = findDominators(graphOf(edges));
  t.is(dominator[first + length - 1], first + length - 2);
  for (let i = 0; i < length; i++) if (dominator[first + length + i] !== 0) t.fail(`value ${i}`);
});

function dominatorsOf(edges: EdgeLists): number[] {
  return [...findDominators(graphOf(edges)).dominator];
}

/** A node dominates what can no longer be reached without it; the immediate dominator is the one dominated by most. */
function naiveDominators(edges: EdgeLists): number[] {
  const reachable = reached(edges, [0]);
  const dominating: number[][] = edges.map((_, node) => (node !== 0 && reachable.has(node) ? [0] : []));
  for (const without of reachable) {
    if (without === 0) continue;
    const left = reached(edges, [0], without);
    for (const node of reachable) if (node !== without && !left.has(node)) dominating[node]!.push(without);
  }
  return edges.map((_, node) => {
    if (node === 0) return 0;
    const [first, ...others] = dominating[node]!;
    if (first === undefined) return NONE;
    return others.reduce((deepest, other) => (dominating[other]!.includes(deepest) ? other : deepest), first);
  });
}

function naiveRetained(edges: EdgeLists, sizes8: Uint32Array): number[] {
  const reachable = [...reached(edges, [0])];
  return edges.map((_, node) => {
    if (!reachable.includes(node)) return 0;
    const left = reached(edges, [0], node);
    return reachable.filter((other) => !left.has(other)).reduce((sum, other) => sum + sizes8[other]!, 0);
  });
}

function sameNumbers(found: Uint32Array, wanted: readonly number[]): boolean {
  return found.length === wanted.length && wanted.every((value, index) => found[index] === value);
}
