import { readFileSync } from 'node:fs';
import type { LoopRecord, TraceRecord } from '../../src/trace/records.js';
import { fileSize } from './workplace.js';

/** `memory_get_usage()` at the start of each call of the loop function, call 0 first, as the program wrote it down. */
export function readMeasurement(file: string): readonly number[] {
  const bytes = readFileSync(file);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => Number(bytes.readBigUInt64LE(8 * i)));
}

/** Calls that a running program has written down so far. */
export function measuredCalls(file: string): number {
  return Math.floor(fileSize(file) / 8);
}

/** The loops of the first hook, in order. */
export function loopRecords(records: readonly TraceRecord[]): readonly LoopRecord[] {
  return records.filter((record): record is LoopRecord => record.type === 'loop' && record.hook === 0);
}

/**
 * The call at which the first of these loops began: where the program's own numbers are, one by one, what phptrace read
 * at the boundaries. -1 where there is no such place.
 */
export function alignment(loops: readonly LoopRecord[], measured: readonly number[]): number {
  const last = measured.length - loops.length - 1;
  for (let call = 0; call <= last; call++) {
    const same = loops.every(
      (loop, i) => loop.heapBefore === measured[call + i] && loop.heapAfter === measured[call + i + 1],
    );
    if (same) return call;
  }
  return -1;
}
