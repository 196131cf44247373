import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SnapshotPause } from './child/snapshot-pause.js';
import { runChild } from './child-process.js';
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
    rows.push(rowOf(megabytes, await measure(megabytes)));
  }
  return rows;
}

async function measure(megabytes: number): Promise<SnapshotPause> {
  const file = fileURLToPath(new URL('../../bench/programs/heap.php', import.meta.url));
  const php = spawn(process.env['PHPTRACE_PHP'] ?? 'php', [file, String(megabytes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(php, 'exit').then(([code, signal]) => {
    throw new Error(`php ended with ${String(code ?? signal)} while its memory was copied`);
  });
  ended.catch(() => {});
  try {
    await Promise.race([once(createInterface(php.stdout), 'line'), ended]);
    return await Promise.race([runChild<SnapshotPause>('snapshot-pause', String(php.pid)), ended]);
  } finally {
    php.kill('SIGKILL');
  }
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
