import { findDominators } from '../../src/heap/dominators.js';
import { retainedSizes8 } from '../../src/heap/retained.js';
import { shortestPaths } from '../../src/heap/shortest-paths.js';
import { heapShape } from '../heap-shape.js';

/** Printed, of a graph with as many nodes as the first argument says. */
export interface DominatorRate {
  readonly nodes: number;
  readonly edges: number;
  /** Dominators and retained sizes, each round. */
  readonly dominatorsNs: readonly number[];
  /** A breadth-first search over the same graph, each round. */
  readonly searchNs: readonly number[];
  /** By how much the process grew above the graph at its height; the results are part of it. */
  readonly peakBytes: number;
}

const graph = heapShape(Number(process.argv[2]));
const ranks = new Uint8Array(graph.edgeStart[1]!);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const dominatorsNs = [dominatorsTime()];
// resourceUsage has KiB. The first round alone: later ones may wait for a collector.
const peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1024 - before);
const searchNs: number[] = [];
for (let round = 0; round < 3; round++) {
  globalThis.gc?.();
  dominatorsNs.push(dominatorsTime());
  globalThis.gc?.();
  searchNs.push(timed(() => shortestPaths(graph, ranks)));
}
const result: DominatorRate = {
  nodes: graph.nodeCount,
  edges: graph.edgeTo.length,
  dominatorsNs,
  searchNs,
  peakBytes,
};
console.log(JSON.stringify(result));

function dominatorsTime(): number {
  return timed(() => retainedSizes8(graph, findDominators(graph)));
}

function timed(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}
