import { checkHeap, readHeap } from './target.js';
import type { HeapOwner } from './target.js';

/** What the heap of a running process counts. */
export interface HeapSample {
  readonly atMs: number;
  readonly sizeBytes: number;
  readonly realBytes: number;
}

/**
 * Watches the size of one process's heap without stopping it. A worker's heap goes up and down with each request, so
 * growth is told between the lowest moments, which lie between requests.
 */
export class HeapGauge {
  private readonly samples: HeapSample[] = [];

  /** @throws PhptraceError where the heap is not PHP's own, or is not laid out as its code says */
  constructor(private readonly owner: HeapOwner) {
    checkHeap(owner);
  }

  /** Takes a sample; none while PHP has no heap. @throws PhptraceError where the process has gone */
  sample(atMs: number): void {
    const found = readHeap(this.owner);
    if (!found) return;
    const realBytes = this.owner.process.memory.pointer(found.address + this.owner.heap.realSize);
    this.samples.push({ atMs, sizeBytes: found.sizeBytes, realBytes });
  }

  get last(): HeapSample | undefined {
    return this.samples.at(-1);
  }

  /** Bytes a minute; undefined where too little was seen. */
  get growthPerMinute(): number | undefined {
    return growthPerMinute(this.samples);
  }
}

const MINUTE_MS = 60_000;

/** Between the lowest samples of the first and of the last third of the time; whole bytes. */
export function growthPerMinute(samples: readonly HeapSample[]): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.atMs === first.atMs) return undefined;
  const third = (last.atMs - first.atMs) / 3;
  const before = lowest(samples.filter(({ atMs }) => atMs <= first.atMs + third));
  const after = lowest(samples.filter(({ atMs }) => atMs >= last.atMs - third));
  return Math.round(((after.sizeBytes - before.sizeBytes) / (after.atMs - before.atMs)) * MINUTE_MS);
}

function lowest(samples: readonly HeapSample[]): HeapSample {
  return samples.reduce((least, sample) => (sample.sizeBytes < least.sizeBytes ? sample : least));
}
