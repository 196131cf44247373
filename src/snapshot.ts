import { setTimeout as sleep } from 'node:timers/promises';
import { PhptraceError } from './errors.js';
import { HeapAnalysis } from './heap/analysis.js';
import { captureImage } from './heap/capture.js';
import { loadImage } from './heap/dump-reader.js';
import { checkDumpFile, saveImage } from './heap/dump-writer.js';
import type { MemoryImage } from './heap/image.js';
import { checkHeap, openTarget } from './live/target.js';
import type { Target } from './live/target.js';
import type { SnapshotOptions } from './options.js';
import { namedStrings } from './heap/named-strings.js';
import type { SnapshotDiff } from './report/diff-model.js';
import { renderHeapSnapshot } from './report/heapsnapshot.js';
import { renderPprof } from './report/pprof.js';
import { snapshotSamples } from './report/pprof-samples.js';
import { diffTotals, totalsOf } from './report/snapshot-diff.js';
import type { SnapshotTotals } from './report/snapshot-diff.js';
import type { SnapshotProcess, SnapshotReport, SnapshotReportOptions } from './report/snapshot-model.js';
import { buildSnapshotReport, describeImage } from './report/snapshot-report.js';

/** A heap whose books contradict themselves was copied in mid-change: another moment is better. */
const TRIES = 5;
const TRY_AGAIN_MS = 20;

/**
 * A copy of a PHP process's memory, and all that it tells. It owns the copy; nothing of it is worked out before it is
 * asked for, and what was worked out is kept.
 */
export class Snapshot {
  private analysis: HeapAnalysis | undefined;

  /** @internal */
  constructor(private readonly image: MemoryImage) {}

  /** Whose memory it is, and when it was copied. */
  get process(): SnapshotProcess {
    return describeImage(this.image);
  }

  /** What is alive and what holds it. @throws PhptraceError where the heap contradicts itself, or `why` names nothing */
  report(options: SnapshotReportOptions = {}): SnapshotReport {
    return buildSnapshotReport(this.analyse(), options);
  }

  /** Saves the copy, to be opened elsewhere by `openDump`. Returns the file's size in bytes. @throws PhptraceError */
  save(file: string): number {
    return saveImage(this.image, file);
  }

  /**
   * The heap in the format of V8's .heapsnapshot, in chunks, for the Memory panel of Chrome's DevTools. Contents of
   * strings are in it only with `strings`. @throws PhptraceError where the heap contradicts itself
   */
  heapSnapshot(options: { readonly strings?: boolean } = {}): Iterable<Uint8Array> {
    const { graph, garbage } = this.analyse();
    return renderHeapSnapshot(options.strings === true ? namedStrings(graph) : graph, garbage.bits);
  }

  /**
   * What is alive by what holds it, as a gzipped pprof profile: inuse_space, inuse_objects.
   * @throws PhptraceError where the heap contradicts itself
   */
  pprof(): Uint8Array {
    return renderPprof(snapshotSamples(this.analyse()), new Date(this.image.header.takenAt));
  }

  /**
   * What `diff` needs of it. Whoever keeps these and not the snapshot has one copy in memory at a time, not two.
   * @throws PhptraceError where the heap contradicts itself
   */
  totals(): SnapshotTotals {
    return totalsOf(this.analyse());
  }

  /** @internal False where the heap's books contradict themselves. */
  get isWhole(): boolean {
    try {
      this.analyse();
      return true;
    } catch (error) {
      if (error instanceof PhptraceError) return false;
      throw error;
    }
  }

  private analyse(): HeapAnalysis {
    try {
      return (this.analysis ??= HeapAnalysis.of(this.image));
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      throw new PhptraceError(`${error.message}; ${heapInShort(this.image)}`);
    }
  }
}

/**
 * Copies the memory of a PHP process, which stands still meanwhile and goes on in any case. A copy taken in mid-change
 * is taken again.
 *
 * @throws SeveralThreads where PHP runs in several threads of the process and none is named, PhptraceError where it cannot
 * be copied, in one line that says why and the way out
 */
export async function snapshot(pid: number, options: SnapshotOptions = {}): Promise<Snapshot> {
  const { observer, thread } = options;
  const target = openTarget(pid, { cache: true, debug: (message) => observer?.debug?.(message), thread });
  try {
    checkHeap(target);
    for (let tries = 1; ; tries++) {
      const taken = new Snapshot(capture(target, options));
      // The last one is given whatever it is: its report says what is wrong, and it can be saved.
      if (tries === TRIES || taken.isWhole) return taken;
      observer?.debug?.('the heap contradicts itself: taking another copy');
      await sleep(TRY_AGAIN_MS);
    }
  } finally {
    target.process.elf.close();
  }
}

export { checkDumpFile };

/** Reads what `Snapshot.save` wrote. @throws PhptraceError where it is none, cut off, damaged or of another format */
export async function openDump(file: string): Promise<Snapshot> {
  return new Snapshot(loadImage(file));
}

/** What changed from one snapshot to another. @throws PhptraceError where a heap contradicts itself */
export function diff(before: Snapshot | SnapshotTotals, after: Snapshot | SnapshotTotals): SnapshotDiff {
  const totals = (of: Snapshot | SnapshotTotals): SnapshotTotals => (of instanceof Snapshot ? of.totals() : of);
  return diffTotals(totals(before), totals(after));
}

/** What can be said of a heap whose books contradict themselves. */
function heapInShort(image: MemoryImage): string {
  const { heapAddress, heap } = image.header;
  const count = (wanted: string): string => String(image.segments.filter(({ kind }) => kind === wanted).length);
  return (
    `the heap itself counts ${String(image.pointer(heapAddress + heap.size))} bytes, in ${count('chunk')} chunks and ` +
    `${count('huge')} huge blocks`
  );
}

function capture(target: Target, { maxOtherBytes }: SnapshotOptions): MemoryImage {
  return captureImage(target, target.structures().structures, maxOtherBytes === undefined ? {} : { maxOtherBytes });
}
