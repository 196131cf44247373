import { setTimeout as sleep } from 'node:timers/promises';
import { PhptraceError } from '../errors.js';
import { openHitCounter } from '../native/kernel-links.js';
import type { HitCounter } from '../native/kernel-links.js';

/** x86 has four debug registers a thread. */
export const MOST_COUNTED = 4;
const PATIENCE_MS = 4000;
const LOOK_MS = 20;

/**
 * How often each of these oplines is run from now on, by hardware counters, until `enough` says so of the counts and
 * the time in milliseconds, or patience ends. @throws PhptraceError where the machine has no watchpoints
 */
export async function countHits(
  pid: number,
  oplines: readonly number[],
  signal: AbortSignal,
  enough: (hits: readonly number[], elapsedMs: number) => boolean,
): Promise<number[]> {
  if (oplines.length === 0) return [];
  const counters: HitCounter[] = [];
  try {
    for (const opline of oplines) counters.push(open(pid, opline));
    const started = performance.now();
    for (;;) {
      await sleep(LOOK_MS);
      const hits = counters.map((counter) => counter.read());
      const elapsedMs = performance.now() - started;
      if (enough(hits, elapsedMs) || elapsedMs > PATIENCE_MS || signal.aborted) return hits;
    }
  } finally {
    for (const counter of counters) counter.close();
  }
}

function open(pid: number, opline: number): HitCounter {
  try {
    return openHitCounter(pid, opline);
  } catch (error) {
    throw new PhptraceError(
      `cannot find the loop by watching: ${error instanceof Error ? error.message : String(error)} (hardware ` +
        'watchpoints are missing or all taken): name it with --loop',
    );
  }
}
