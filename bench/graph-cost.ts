import type { DominatorRate } from './child/dominator-rate.js';
import { runChild } from './child-process.js';
import { figures, rate, ratio } from './quantities.js';
import { median } from './statistics.js';
import type { Row } from './table.js';

const SIZES = [1_000_000, 10_000_000];

/** Dominators and retained sizes of graphs shaped as PHP heaps: nodes a second, and memory a node. */
export async function measureGraphCost(progress: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    progress(`dominators of ${size / 1e6}M nodes`);
    rows.push(...rowsOf(`${size / 1e6}M nodes`, await runChild<DominatorRate>('dominator-rate', String(size))));
  }
  return rows;
}

function rowsOf(size: string, { nodes, dominatorsNs, searchNs, peakBytes }: DominatorRate): Row[] {
  const [dominators, search] = [median(dominatorsNs), median(searchNs)];
  return [
    {
      what: `dominators and retained sizes, ${size}`,
      measured: rate(nodes, dominators),
      peer: `a breadth-first search: ${rate(nodes, search)}`,
      ratio: ratio(dominators, search),
      goal: 'at least 1M/s',
      reached: nodes / dominators >= 1e-3,
    },
    {
      what: `their memory at its height, a node of ${size}`,
      measured: `${figures(peakBytes / nodes)} bytes`,
      goal: 'at most 40 bytes',
      reached: peakBytes / nodes <= 40,
    },
  ];
}
