import { extname } from 'node:path';
import { grouped, namedProcess, readableSize, renderDiffText, renderSnapshotText } from '../src/index.js';
import type { Snapshot, SnapshotDiff } from '../src/index.js';
import { terminalHasColors } from './report-output.js';

/** Flags of `dump`, as commander hands them over. */
export interface DumpFlags extends DiffFlags {
  readonly out?: string;
  readonly format: 'text' | 'json' | 'heapsnapshot' | 'pprof';
  readonly why?: string;
  readonly strings?: boolean;
  readonly thread?: number;
  readonly count?: number;
  /** Seconds. */
  readonly every?: number;
  readonly diff?: boolean;
}

export interface DiffFlags {
  readonly format: string;
  readonly top: number;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** A snapshot in the form that the flags want, in pieces. */
export function* renderSnapshot(taken: Snapshot, flags: DumpFlags): Generator<Uint8Array | string> {
  const { format, top, strings = false, why } = flags;
  if (format === 'heapsnapshot') {
    yield* taken.heapSnapshot({ strings });
    return;
  }
  if (format === 'pprof') {
    yield taken.pprof();
    return;
  }
  const report = taken.report({ top, strings, ...(why !== undefined && { why }) });
  yield format === 'json'
    ? `${JSON.stringify(report, null, 2)}\n`
    : renderSnapshotText(report, { color: hasColors(flags) });
}

/** What changed, in the form that the flags want. JSON has all of it. */
export function renderDiff(diff: SnapshotDiff, flags: DiffFlags): string[] {
  if (flags.format === 'json') return [`${JSON.stringify(diff, null, 2)}\n`];
  return [renderDiffText(diff, { color: hasColors(flags), top: flags.top })];
}

/** Saves a snapshot. Returns what there is to say of it. */
export function saveTo(taken: Snapshot, file: string): string {
  const sizeBytes = taken.save(file);
  const { process } = taken;
  return (
    `the memory of ${namedProcess(process)} is in ${file}: ${readableSize(sizeBytes)} (${grouped(sizeBytes)} bytes); ` +
    `the process stood still for ${process.pauseMs.toFixed(1)} ms`
  );
}

/** `heap.dump` becomes `heap-2.dump` where it is one of several. */
export function dumpFile(file: string, number: number | undefined): string {
  if (number === undefined) return file;
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}-${String(number)}${extension}`;
}

function hasColors({ output }: DiffFlags): boolean {
  return output === undefined && terminalHasColors();
}
