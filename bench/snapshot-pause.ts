import type { SnapshotPause } from './child/snapshot-pause.js';
import { runChild } from './child-process.js';
import { withHeap } from './heap-program.js';
import { duration, figures, ratio } from './quantities.js';
import { lowerQuartile } from './statistics.js';
import type { Row } from './table.js';

const HEAPS_MB = [50, 500, 2000];
const GOAL = 1.5;

/** For how long a snapshot stops a process, against a copy of the same pages and nothing else. */
export async function measureSnapshotPause(progress: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const megabytes of HEAPS_MB) {
    progress(`pause of a snapshot, ${String(megabytes)} MB`);
    const measured = await withHeap(megabytes, (pid) => runChild<SnapshotPause>('snapshot-pause', String(pid)));
    rows.push(rowOf(megabytes, measured));
  }
  return rows;
}

function rowOf(megabytes: number, { pauseNs, plainNs, withinNs, bytes }: SnapshotPause): Row {
  const [ours, peers, memcpy] = [lowerQuartile(pauseNs), lowerQuartile(plainNs), lowerQuartile(withinNs)];
  return {
    what: `pause of a snapshot, heap of ${String(megabytes)} MB`,
    measured: `${duration(ours)}, ${figures(bytes / ours)} GB/s`,
    peer: `the same pages by process_vm_readv: ${duration(peers)} (memcpy: ${duration(memcpy)})`,
    ratio: ratio(ours, peers),
    goal: `at most ${String(GOAL)}`,
    reached: ours <= GOAL * peers,
  };
}
