import test from 'ava';
import { NO_EDGE, pathTo, shortestPaths } from '../../src/heap/shortest-paths.js';
import { generator, graphOf, randomEdges, reached } from './small-graphs.js';

test('the shortest path is found, and each of its steps', (t) => {
  // 0 -> 1 -> 2 -> 4 and 0 -> 3 -> 4 -> 5
  const graph = graphOf([[1, 3], [2], [4], [4], [5], []]);
  const lastEdges = shortestPaths(graph, Uint8Array.of(0, 0));
  t.deepEqual(pathTo(5, lastEdges, graph.edgeStart), [
    { node: 0, edge: 1 },
    { node: 3, edge: 4 },
    { node: 4, edge: 5 },
  ]);
});

test('a root of a better rank explains a node even by a longer path', (t) => {
  const graph = graphOf([[3, 1], [2], [3], []]);
  t.deepEqual(nodesTo(3, graph, [1, 0]), [0, 1, 2]);
  t.deepEqual(nodesTo(3, graph, [0, 1]), [0]);
  t.deepEqual(nodesTo(3, graph, [7, 7]), [0]);
});

test('a worse rank explains only what no better one reaches', (t) => {
  const graph = graphOf([[1, 2], [3], [1, 4], [], []]);
  t.deepEqual(nodesTo(1, graph, [200, 3]), [0, 2]);
  t.deepEqual(nodesTo(3, graph, [200, 3]), [0, 2, 1]);
});

test('unreachable nodes have no path, the root an empty one', (t) => {
  const graph = graphOf([[1], [0], [1, 2]]);
  const lastEdges = shortestPaths(graph, Uint8Array.of(0));
  t.deepEqual([...lastEdges], [NO_EDGE, 0, NO_EDGE]);
  t.is(pathTo(2, lastEdges, graph.edgeStart), null);
  t.deepEqual(pathTo(0, lastEdges, graph.edgeStart), []);
});

test('nodes without edges stand between a node and its edges', (t) => {
  const graph = graphOf([[4], [], [], [], [5], [], []]);
  t.deepEqual(nodesTo(5, graph, [0]), [0, 4]);
});

test('ranks that do not fit the edges of the root are refused', (t) => {
  t.throws(() => shortestPaths(graphOf([[1], []]), new Uint8Array(2)), { message: '2 ranks for 1 edges of node 0' });
});

test('on random graphs paths are real, as short as can be, and begin at the best rank', (t) => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = generator(seed);
    const edges = randomEdges(random, 20);
    const graph = graphOf(edges);
    const ranks = Uint8Array.from(edges[0]!, () => random() % 3);
    const lastEdges = shortestPaths(graph, ranks);
    for (let node = 1; node < edges.length; node++) {
      const steps = pathTo(node, lastEdges, graph.edgeStart);
      const bestRank = [0, 1, 2].find((rank) => rootsOf(edges, ranks, rank).some((root) => reaches(edges, root, node)));
      if ((steps === null) !== (bestRank === undefined)) t.fail(`seed ${seed}: node ${node} is reached or not`);
      if (steps === null || bestRank === undefined) continue;
      for (const [at, step] of steps.entries()) {
        const target = steps[at + 1]?.node ?? node;
        if (graph.edgeTo[step.edge] !== target || step.edge < graph.edgeStart[step.node]!) t.fail(`seed ${seed}`);
        if (step.edge >= graph.edgeStart[step.node + 1]!) t.fail(`seed ${seed}: no edge of ${step.node}`);
      }
      if (ranks[steps[0]!.edge] !== bestRank) t.fail(`seed ${seed}: node ${node} begins at a worse root`);
      const length = 1 + distance(edges, rootsOf(edges, ranks, bestRank), node, betterNodes(edges, ranks, bestRank));
      if (steps.length !== length) t.fail(`seed ${seed}: ${steps.length} steps to ${node} where ${length} do`);
    }
  }
  t.pass();
});

function nodesTo(node: number, graph: ReturnType<typeof graphOf>, ranks: number[]): number[] | undefined {
  return pathTo(node, shortestPaths(graph, Uint8Array.from(ranks)), graph.edgeStart)?.map((step) => step.node);
}

function rootsOf(edges: number[][], ranks: Uint8Array, rank: number): number[] {
  return edges[0]!.filter((target, index) => ranks[index] === rank && target !== 0);
}

function reaches(edges: number[][], from: number, to: number): boolean {
  return reached(edges, [from], 0).has(to);
}

/** Nodes that a better rank reaches: they have their paths already. */
function betterNodes(edges: number[][], ranks: Uint8Array, rank: number): Set<number> {
  const roots = edges[0]!.filter((_, index) => ranks[index]! < rank);
  return reached(edges, roots, 0);
}

function distance(edges: number[][], from: number[], to: number, taken: Set<number>): number {
  let steps = 0;
  let front = from.filter((node) => !taken.has(node));
  const seen = new Set(front);
  while (!front.includes(to)) {
    steps++;
    front = front.flatMap((node) => edges[node]!).filter((node) => node !== 0 && !taken.has(node) && !seen.has(node));
    front.forEach((node) => seen.add(node));
    if (front.length === 0) return NaN;
  }
  return steps;
}
