import type { HeapAnalysis } from '../heap/analysis.js';
import type { Amount } from '../heap/garbage.js';
import type { PprofSample } from './pprof.js';

/** A sample for each way, the type first and the root last; garbage has roots of its own. */
export function snapshotSamples({ paths, garbage }: HeapAnalysis): PprofSample[] {
  const { cycle, cycleKeptByOrphan: kept, orphan } = garbage;
  const samples = paths.map(({ steps, type, blocks, bytes }) => ({
    stack: [type, ...[...steps].reverse()].map((name) => ({ name })),
    count: blocks,
    bytes,
  }));
  const unreachable: [string, Amount][] = [
    ['(garbage cycles)', { count: cycle.count - kept.count, bytes: cycle.bytes - kept.bytes }],
    ['(cycles kept by a count that nothing explains)', kept],
    ['(orphans)', orphan],
  ];
  for (const [name, { count, bytes }] of unreachable) {
    if (count > 0) samples.push({ stack: [{ name }], count, bytes });
  }
  return samples;
}
