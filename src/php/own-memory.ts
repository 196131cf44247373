import { readMaps } from './maps.js';
import type { Mapped } from './maps.js';
import type { Pagemap } from './pagemap.js';

/** A piece of an address space. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Memory of a process that is of no file and not shared, but for its stack: what malloc, mmap and .bss gave it. */
export interface OwnMemory {
  /** Of these pages exist, in memory or swapped out. */
  readonly residentBytes: number;
  readonly mappedBytes: number;
}

/** Where a process has such memory, in order of address. @throws PhptraceError where it is gone or forbidden */
export function ownRanges(pid: number): readonly Range[] {
  return readMaps(pid).filter(isOwn);
}

/** How much of it there is, the pieces in `without` left out, in whatever order they come. @throws PhptraceError */
export function countOwnMemory(pagemap: Pagemap, own: readonly Range[], without: readonly Range[]): OwnMemory {
  let residentBytes = 0;
  let mappedBytes = 0;
  for (const { start, end } of rest(own, without)) {
    mappedBytes += end - start;
    const runs = pagemap.runs(start, end, 'own');
    for (let i = 0; i < runs.length; i += 2) residentBytes += runs[i + 1]! - runs[i]!;
  }
  return { residentBytes, mappedBytes };
}

/** Named areas (PR_SET_VMA_ANON_NAME) show as `[anon:NAME]`. */
function isOwn({ readable, writable, shared, inode, path }: Mapped): boolean {
  const isAnonymous = inode === 0 && (path === '' || path === '[heap]' || path.startsWith('[anon:'));
  return isAnonymous && readable && writable && !shared;
}

/** What is left of pieces that do not overlap when others, which may, are taken away. */
export function rest(whole: readonly Range[], without: readonly Range[]): Range[] {
  const holes = [...without].sort((a, b) => a.start - b.start);
  const left: Range[] = [];
  let first = 0;
  for (const { start, end } of whole) {
    let at = start;
    while (first < holes.length && holes[first]!.end <= start) first++;
    for (let i = first; i < holes.length && holes[i]!.start < end; i++) {
      const hole = holes[i]!;
      if (hole.start > at) left.push({ start: at, end: hole.start });
      at = Math.max(at, hole.end);
    }
    if (at < end) left.push({ start: at, end });
  }
  return left;
}
