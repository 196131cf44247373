import { readFileSync, writeFileSync } from 'node:fs';
import { findDominators } from '../../src/heap/dominators.js';
import { retainedSizes8 } from '../../src/heap/retained.js';
import { shortestPaths } from '../../src/heap/shortest-paths.js';
import { heapShape } from '../heap-shape.js';
import { timed } from './timed.js';

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
forgetPeak();
const before = process.memoryUsage.rss();
const dominatorsNs = [dominatorsTime()];
// Of the first round: in later ones the results of earlier ones may wait for a collector.
const peakBytes = residentPeak() - before;
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

/** What the graph took while it was made does not count. `5` is of proc(5), clear_refs. */
function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

function residentPeak(): number {
  const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) * 1024;
}

function dominatorsTime(): number {
  return timed(() => retainedSizes8(graph, findDominators(graph)));
}
