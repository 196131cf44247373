import { closeSync, openSync, readSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { SystemCallError } from '../native/libc.js';
import { PagemapScan } from '../native/pagemap-scan.js';
import { explainProc } from './maps.js';
import { goneProcess } from './memory.js';
import { PAGE_BYTES } from '../native/page.js';

/** The upper half of an entry of /proc/<pid>/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const FILE_OR_SHARED = 1 << 29;

/** Entries in one read: 1 MiB of them, for 512 MiB of memory. */
const ENTRIES = 131_072;

/** Which pages count: all that the process has, or those that are of no file and of no other process. */
export type PageChoice = 'present' | 'own';

/** Tells which pages of a process exist. It is to be closed. */
export class Pagemap {
  private readonly fd: number;
  private scan: PagemapScan | undefined;
  private readonly entries = new Uint32Array(2 * ENTRIES);

  /** @throws PhptraceError where the process is gone or forbidden */
  constructor(readonly pid: number) {
    try {
      this.fd = openSync(`/proc/${String(pid)}/pagemap`, 'r');
    } catch (error) {
      throw explainPagemap(error, pid);
    }
    this.scan = new PagemapScan(this.fd);
  }

  /**
   * Runs of chosen pages from `start` up to `end`, in order: [start, end, start, end, …].
   * @throws PhptraceError where the process is gone
   */
  runs(start: number, end: number, choice: PageChoice): number[] {
    const runs = this.scanned(start, end, choice);
    if (runs !== undefined) return runs;
    this.scan = undefined;
    return this.counted(start, end, choice);
  }

  close(): void {
    closeSync(this.fd);
  }

  private scanned(start: number, end: number, choice: PageChoice): number[] | undefined {
    try {
      return this.scan?.runs(start, end, choice === 'own');
    } catch (error) {
      if (error instanceof SystemCallError && error.errnoName === 'ESRCH') throw goneProcess(this.pid);
      throw error;
    }
  }

  /** For kernels before 6.7: an entry a page. */
  private counted(start: number, end: number, choice: PageChoice): number[] {
    const runs: number[] = [];
    for (let at = start; at < end;) {
      const pages = Math.min(ENTRIES, (end - at) / PAGE_BYTES);
      const got = this.read(at, pages);
      if (got === 0) throw goneProcess(this.pid);
      addRuns(runs, this.entries, got, at, choice);
      at += got * PAGE_BYTES;
    }
    return runs;
  }

  /** Number of entries that were read; 0 where the process has no memory any more. */
  private read(address: number, pages: number): number {
    try {
      return Math.floor(readSync(this.fd, this.entries, 0, pages * 8, (address / PAGE_BYTES) * 8) / 8);
    } catch (error) {
      throw explainProc(error, this.pid);
    }
  }
}

/** Unlike the rest of /proc/<pid>, only its owner may open it: another user's takes one capability more. */
function explainPagemap(error: unknown, pid: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'EACCES' && code !== 'EPERM') return explainProc(error, pid);
  const way = wayToRights('CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH');
  return new PhptraceError(`cannot tell which pages process ${String(pid)} of another user has: ${code}: ${way}`);
}

/** Adds the runs that the first `pages` entries show, the first entry being that of the page at `address`. */
export function addRuns(
  runs: number[],
  entries: Uint32Array,
  pages: number,
  address: number,
  choice: PageChoice,
): void {
  const mask = choice === 'own' ? PRESENT | SWAPPED | FILE_OR_SHARED : PRESENT | SWAPPED;
  for (let page = 0; page < pages; page++) {
    const flags = entries[2 * page + 1]! & mask;
    if (flags === 0 || (flags & FILE_OR_SHARED) !== 0) continue;
    const at = address + page * PAGE_BYTES;
    if (runs.length > 0 && runs[runs.length - 1] === at) runs[runs.length - 1] = at + PAGE_BYTES;
    else runs.push(at, at + PAGE_BYTES);
  }
}
