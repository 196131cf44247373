import { setTimeout as sleep } from 'node:timers/promises';
import { measuredCalls } from '../integration/measurement.js';

const LOOK_MS = 800;

/** How often a program calls its loop function now, by the measurement that it writes. */
export async function callsASecond(measurement: string): Promise<number> {
  const begun = performance.now();
  const before = measuredCalls(measurement);
  await sleep(LOOK_MS);
  return ((measuredCalls(measurement) - before) * 1000) / (performance.now() - begun);
}
