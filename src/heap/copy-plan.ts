import { RangeList } from '../native/copy-ranges.js';
import { readMaps } from '../php/maps.js';
import type { Pagemap } from '../php/pagemap.js';
import { CHUNK_BYTES } from './heap-extent.js';
import type { HeapExtent } from './heap-extent.js';
import type { ImageHeader, Segment } from './image.js';
import { otherMemory } from './other-memory.js';
import type { OtherMemoryOptions } from './other-memory.js';

/** What is to be copied and where it goes. Pages that do not exist are not read, for that would make them. */
export interface CopyPlan {
  readonly heapAddress: number;
  /** In the order in which they lie in the buffer. */
  readonly segments: readonly Segment[];
  readonly ranges: RangeList;
  /** The buffer's size. */
  readonly sizeBytes: number;
  readonly omitted: ImageHeader['omitted'];
}

/**
 * @param foreign heaps that are left out: those of other threads
 * @throws PhptraceError where the process is gone
 */
export function planCopy(
  extent: HeapExtent,
  pagemap: Pagemap,
  options: OtherMemoryOptions,
  foreign: readonly HeapExtent[] = [],
): CopyPlan {
  const plan = new PlanBuilder(pagemap);
  const heap = piecesOf(extent);
  plan.addHeap(heap);
  const without = bounds([...heap, ...foreign.flatMap(piecesOf)].sort(byAddress));
  const other = otherMemory(readMaps(pagemap.pid), pagemap, without, options);
  for (const { name, stretches } of other.mappings) {
    for (const { address, sizeBytes, runs } of stretches) {
      plan.addRuns(runs, address, plan.sizeBytes);
      plan.addSegment({ address, sizeBytes, kind: 'memory', name });
    }
  }
  const { segments, ranges, sizeBytes } = plan;
  return { heapAddress: extent.address, segments, ranges, sizeBytes, omitted: other.omitted };
}

/** In order of address. */
function piecesOf({ chunks, huge }: HeapExtent): Omit<Segment, 'offset' | 'name'>[] {
  return [
    ...chunks.map((address) => ({ address, sizeBytes: CHUNK_BYTES, kind: 'chunk' as const })),
    ...huge.map(({ address, sizeBytes }) => ({ address, sizeBytes, kind: 'huge' as const })),
  ].sort(byAddress);
}

function byAddress(a: { readonly address: number }, b: { readonly address: number }): number {
  return a.address - b.address;
}

class PlanBuilder {
  readonly segments: Segment[] = [];
  readonly ranges = new RangeList();
  sizeBytes = 0;

  constructor(private readonly pagemap: Pagemap) {}

  /** Neighbours in the process are neighbours in the buffer, so their pages are asked for and copied together. */
  addHeap(heap: readonly Omit<Segment, 'offset' | 'name'>[]): void {
    const runs = bounds(heap);
    for (let index = 0, offset = this.sizeBytes; index < runs.length; index += 2) {
      const [start, end] = [runs[index]!, runs[index + 1]!];
      this.addRuns(this.pagemap.runs(start, end, 'present'), start, offset);
      offset += end - start;
    }
    for (const segment of heap) this.addSegment({ ...segment, name: '' });
  }

  /** Runs of pages that lie in the process at `address` and up, and in the buffer at `offset` and up. */
  addRuns(runs: readonly number[], address: number, offset: number): void {
    for (let index = 0; index < runs.length; index += 2) {
      const [start, end] = [runs[index]!, runs[index + 1]!];
      this.ranges.add(start, end - start, offset + start - address);
    }
  }

  addSegment(segment: Omit<Segment, 'offset'>): void {
    this.segments.push({ ...segment, offset: this.sizeBytes });
    this.sizeBytes += segment.sizeBytes;
  }
}

/** [start, end, …] of sorted ranges, those that touch each other as one. */
function bounds(ranges: readonly { readonly address: number; readonly sizeBytes: number }[]): number[] {
  const merged: number[] = [];
  for (const { address, sizeBytes } of ranges) {
    if (merged.length > 0 && merged[merged.length - 1] === address) merged[merged.length - 1] = address + sizeBytes;
    else merged.push(address, address + sizeBytes);
  }
  return merged;
}
