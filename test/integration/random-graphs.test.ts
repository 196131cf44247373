import { captureImage } from '../../src/heap/capture.js';
import { ImageGraph } from '../../src/heap/graph.js';
import { NODE_KIND } from '../../src/heap/heap-graph.js';
import { NO_EDGE, shortestPaths } from '../../src/heap/shortest-paths.js';
import { openTarget } from '../../src/live/target.js';
import { integration } from './harness.js';

// Random graphs of objects, walked from outside, are what the program that made them says: objects by class, the edges
// between them, and which of them its static property reaches.

const CLASSES = ['A', 'B', 'C', 'D'];

interface Books {
  readonly alive: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly edges: number;
}

for (const seed of [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]) {
  integration(`a random graph of objects is read as it was made (seed ${String(seed)})`, async (t, place) => {
    const running = await place.startReady('test/integration/programs/random-graph.php', [String(seed)]);
    const books = JSON.parse(running.stdout.split('\n')[0] ?? '') as Books;
    const graph = graphOf(running.pid);
    const lastEdges = shortestPaths(graph, graph.rootRanks);
    const objects = nodesOf(graph);
    t.deepEqual(countByClass(graph, objects), sorted(books.alive));
    const reached = objects.filter((node) => lastEdges[node] !== NO_EDGE);
    t.deepEqual(countByClass(graph, reached), sorted(books.reached));
    t.is(edgesBetween(graph, objects), books.edges);
    running.finish();
    t.is((await running.endedWithin(10)).code, 0);
  });
}

function graphOf(pid: number): ImageGraph {
  const target = openTarget(pid);
  try {
    return ImageGraph.of(captureImage(target, target.structures().structures));
  } finally {
    target.process.elf.close();
  }
}

function nodesOf(graph: ImageGraph): number[] {
  return Array.from({ length: graph.nodeCount }, (_, node) => node).filter(
    (node) => graph.kinds[node] === NODE_KIND.object && CLASSES.includes(graph.typeName(node)),
  );
}

function countByClass(graph: ImageGraph, nodes: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of nodes) counts[graph.typeName(node)] = (counts[graph.typeName(node)] ?? 0) + 1;
  return sorted(counts);
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort());
}

/** Edges from object to object: by properties, and through arrays, which have names for what they hold. */
function edgesBetween(graph: ImageGraph, objects: readonly number[]): number {
  const isObject = new Set(objects);
  const countFrom = (node: number): number => {
    let count = 0;
    for (let edge = graph.edgeStart[node]!; edge < graph.edgeStart[node + 1]!; edge++) {
      const target = graph.edgeTo[edge]!;
      if (graph.edgeName(node, edge).kind === 'internal') continue;
      if (isObject.has(target)) count++;
      else if (graph.kinds[target] === NODE_KIND.array) count += countFrom(target);
    }
    return count;
  };
  return objects.reduce((sum, node) => sum + countFrom(node), 0);
}
