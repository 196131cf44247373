import { closeSync, openSync } from 'node:fs';
import { dataRanges } from '../native/file-data.js';
import type { Mapped } from '../php/maps.js';
import { PAGE_BYTES } from '../native/page.js';
import type { Pagemap } from '../php/pagemap.js';
import type { ImageHeader } from './image.js';

/** A stretch of memory to be copied, and what of it: [start, end, …]; the rest of it is zero. */
export interface Stretch {
  readonly address: number;
  readonly sizeBytes: number;
  readonly runs: readonly number[];
}

/** Memory besides the Zend heap's that is the process's own, by mapping. */
export interface OtherMemory {
  readonly mappings: readonly { readonly name: string; readonly stretches: readonly Stretch[] }[];
  readonly omitted: ImageHeader['omitted'];
}

export interface OtherMemoryOptions {
  /** At most so many bytes. */
  readonly maxBytes: number;
  /** PHP's file: what of it is the process's own comes first, like the stacks and malloc's heap. */
  readonly phpFile: string;
}

/** Runs with no more pages than these between them are one stretch, lest there be 100,000. */
const GAP_BYTES = 16 * PAGE_BYTES;

/** A library's code, left out between its constants and its data, is a few MB. */
const SPAN_GAP_BYTES = 4 * 2 ** 20;

/** Mappings of the kernel's, which hold nothing of the program's. */
const OF_KERNEL = /^\[(vvar|vsyscall|vdso|uprobes)/;
/** Shared memory without a file of its own: opcache's, APCu's. */
const NAMELESS = /^($|\/dev\/zero|\/memfd:|\/SYSV|\/dev\/shm\/|\/anon_hugepage|\[anon_shmem:)/;
const ALWAYS_FIRST = ['[heap]', '[stack]'];

/**
 * Chooses what a snapshot needs besides the Zend heap: written data of the binaries, malloc's memory, stacks, shared
 * memory of opcache. File contents that nobody wrote to are left out.
 *
 * @param without [start, end, …], sorted: the Zend heap.
 */
export function otherMemory(
  maps: readonly Mapped[],
  pagemap: Pagemap,
  without: readonly number[],
  { maxBytes, phpFile }: OtherMemoryOptions,
): OtherMemory {
  const omitted: { name: string; sizeBytes: number; why: string }[] = [];
  const wanted = maps.filter((map) => map.readable && !isCode(map) && !isFileToRead(map) && !OF_KERNEL.test(map.path));
  const own = privateRuns(wanted, pagemap, without);
  const found: { name: string; stretches: readonly Stretch[]; sizeBytes: number }[] = [];
  for (const map of wanted) {
    const why = reasonToOmit(map);
    if (why !== undefined) {
      omitted.push({ name: map.path, sizeBytes: map.end - map.start, why });
      continue;
    }
    const { stretches, unseenBytes } = stretchesOf(map, own, pagemap, without);
    const sizeBytes = stretches.reduce((sum, stretch) => sum + stretch.sizeBytes, 0);
    if (sizeBytes > 0) found.push({ name: map.path, stretches, sizeBytes });
    if (unseenBytes > 0) {
      omitted.push({
        name: map.path,
        sizeBytes: unseenBytes,
        why: 'shared pages that this process did not touch: to see them takes CAP_SYS_ADMIN',
      });
    }
  }
  const place = ({ name }: { name: string }): number => (name === phpFile || ALWAYS_FIRST.includes(name) ? 0 : 1);
  found.sort((a, b) => place(a) - place(b) || a.sizeBytes - b.sizeBytes);
  let left = maxBytes;
  const kept = found.filter(({ name, sizeBytes }) => {
    left -= sizeBytes;
    if (left >= 0) return true;
    omitted.push({ name, sizeBytes, why: `more than ${String(maxBytes)} bytes besides the PHP heap` });
    return false;
  });
  return { mappings: kept, omitted };
}

/** A file's code: what of it is the process's own are probes and breakpoints. */
function isCode({ executable, shared, inode }: Mapped): boolean {
  return executable && !shared && inode !== 0;
}

/** The process itself has written nothing into such a file, so it refers to nothing of its heap. */
function isFileToRead({ shared, writable, path }: Mapped): boolean {
  return shared && !writable && !NAMELESS.test(path);
}

function reasonToOmit({ shared, path }: Mapped): string | undefined {
  if (NAMELESS.test(path)) return undefined;
  if (path.startsWith('/dev/')) return 'a device';
  return shared ? 'a file that is shared with other processes' : undefined;
}

/** Pages of private mappings that are of no file. The kernel is asked once for mappings that lie close together. */
function privateRuns(maps: readonly Mapped[], pagemap: Pagemap, without: readonly number[]): number[] {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of maps.filter(({ shared }) => !shared)) {
    const last = spans.at(-1);
    if (last !== undefined && start - last.end <= SPAN_GAP_BYTES) last.end = end;
    else spans.push({ start, end });
  }
  const parts = spans.flatMap((span) => remaining(span, without));
  return parts.flatMap(([start, end]) => pagemap.runs(start, end, 'own'));
}

function stretchesOf(
  map: Mapped,
  own: readonly number[],
  pagemap: Pagemap,
  without: readonly number[],
): { stretches: Stretch[]; unseenBytes: number } {
  const stretches: Stretch[] = [];
  const data = map.shared ? sharedData(map, pagemap.pid) : undefined;
  // What lies between the runs of a file's pages is the file's, and of pages unseen it is not known: it is read too.
  const gapsAreZero = map.shared ? data !== undefined : map.inode === 0;
  let [pages, seen] = [0, 0];
  for (const [start, end] of remaining(map, without)) {
    const known = map.shared ? data : own;
    const runs = known === undefined ? pagemap.runs(start, end, 'present') : clipped(known, start, end);
    pages += end - start;
    for (let at = 0; at < runs.length; at += 2) seen += runs[at + 1]! - runs[at]!;
    addStretches(stretches, runs, gapsAreZero);
  }
  return { stretches, unseenBytes: map.shared && data === undefined ? pages - seen : 0 };
}

/** The addresses of pages that shared memory has, whoever wrote them; undefined where this may not be asked. */
function sharedData({ start, end, offset }: Mapped, pid: number): number[] | undefined {
  let fd: number;
  try {
    fd = openSync(`/proc/${String(pid)}/map_files/${start.toString(16)}-${end.toString(16)}`, 'r');
  } catch {
    return undefined;
  }
  try {
    const wholePages = (at: number, index: number): number =>
      (index % 2 === 0 ? Math.floor(at / PAGE_BYTES) : Math.ceil(at / PAGE_BYTES)) * PAGE_BYTES;
    return dataRanges(fd, offset, offset + end - start)
      .map(wholePages)
      .map((at) => start + at - offset);
  } finally {
    closeSync(fd);
  }
}

/** The parts of a mapping that are not of the Zend heap. */
function remaining({ start, end }: Pick<Mapped, 'start' | 'end'>, without: readonly number[]): [number, number][] {
  const parts: [number, number][] = [];
  let at = start;
  for (let index = firstEndingAfter(without, start); index < without.length; index += 2) {
    const [from, to] = [without[index]!, without[index + 1]!];
    if (from >= end) break;
    if (from > at) parts.push([at, from]);
    at = to;
  }
  if (at < end) parts.push([at, end]);
  return parts;
}

function clipped(runs: readonly number[], start: number, end: number): number[] {
  const inside: number[] = [];
  for (let at = firstEndingAfter(runs, start); at < runs.length && runs[at]! < end; at += 2) {
    inside.push(Math.max(runs[at]!, start), Math.min(runs[at + 1]!, end));
  }
  return inside;
}

/** Index of the first run that ends past an address. */
function firstEndingAfter(runs: readonly number[], address: number): number {
  let [low, high] = [0, runs.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[2 * middle + 1]! <= address) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function addStretches(stretches: Stretch[], runs: readonly number[], gapsAreZero: boolean): void {
  for (let first = 0; first < runs.length;) {
    let last = first;
    while (last + 2 < runs.length && runs[last + 2]! - runs[last + 1]! <= GAP_BYTES) last += 2;
    const [address, end] = [runs[first]!, runs[last + 1]!];
    const inside = gapsAreZero ? runs.slice(first, last + 2) : [address, end];
    stretches.push({ address, sizeBytes: end - address, runs: inside });
    first = last + 2;
  }
}
