import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { SystemCallError } from '../native/libc.js';
import { robustListOf } from '../native/robust-list.js';
import { UnreadableMemory, pointerAt, readOr } from './memory.js';
import type { PhpProcess } from './process.js';
import { threadIds } from './thread-ids.js';
import type { GlobalPlace, ThreadStorage } from './thread-storage.js';
import { MOST_STRUCTURES, THREAD_ENTRY, THREAD_ENTRY_BYTES } from './thread-entry.js';
import { PAGE_BYTES } from '../native/page.js';

/** A thread of a thread-safe PHP. */
export interface PhpThread {
  readonly tid: number;
  /** Address of its block of globals. */
  readonly block: number;
  /** What the code finds its own variables by: the base of the segment fs. */
  readonly threadPointer: number;
}

/** No thread has globals of PHP: for a command that is being launched, not yet. */
export class NoPhpThread extends PhptraceError {}

/** Several threads have, and it was not said which one is meant. */
export class SeveralThreads extends PhptraceError {
  constructor(
    pid: number,
    /** Thread ids, the main thread's first. */
    readonly threads: readonly number[],
  ) {
    super(
      `process ${String(pid)} runs PHP in ${String(threads.length)} threads: name one with --thread: ` +
        listed(threads),
    );
  }
}

/** What of a build tells where a thread keeps its globals. */
export interface ThreadBuild {
  readonly storage: ThreadStorage | null;
  readonly allocGlobals: GlobalPlace;
}

/**
 * The threads of a process that run PHP, or could: each has a block of globals. The main thread is the first. None where
 * PHP has not started, and of a build that is not thread-safe. Nobody is stopped for it.
 *
 * @throws PhptraceError where the process is gone, or not ours to look into
 */
export function findPhpThreads(process: PhpProcess, { storage, allocGlobals }: ThreadBuild): PhpThread[] {
  if (storage === null || 'address' in allocGlobals) return [];
  const cacheOffset = readCacheOffset(process, storage);
  const heapOffset = process.memory.pointer(allocGlobals.offsetAt + process.loadBias);
  const { pid } = process;
  const tids = threadIds(pid).sort((a, b) => Number(b === pid) - Number(a === pid) || a - b);
  return tids.flatMap((tid) => {
    const found = blockOf(process, tid, { cacheOffset, heapOffset });
    return found === undefined ? [] : [{ tid, ...found }];
  });
}

/**
 * The one of a process's PHP threads that is meant: the named one, or the only one.
 * @throws NoPhpThread where none runs PHP yet, SeveralThreads where more do than are named, PhptraceError where the named
 * one does not
 */
export function choosePhpThread(pid: number, found: readonly PhpThread[], tid: number | undefined): PhpThread {
  const tids = found.map((thread) => thread.tid);
  if (tid !== undefined) {
    const named = found.find((thread) => thread.tid === tid);
    if (named) return named;
    if (!threadIds(pid).includes(tid)) throw noSuchThread(pid, tid, tids);
    if (tids.length > 0) {
      throw new PhptraceError(`thread ${String(tid)} of process ${String(pid)} runs no PHP: ${whatElse(tids)}`);
    }
  }
  const [only, another] = found;
  if (another) throw new SeveralThreads(pid, tids);
  if (only) return only;
  throw new NoPhpThread(`process ${String(pid)} has not started its PHP yet: try again in a moment`);
}

/** @throws PhptraceError where a thread is named of a process whose threads have one PHP in common */
export function refuseThread(pid: number, tid: number | undefined): void {
  if (tid === undefined) return;
  if (!threadIds(pid).includes(tid)) throw noSuchThread(pid, tid, []);
  throw new PhptraceError(
    `--thread ${String(tid)}: the PHP of process ${String(pid)} is not thread-safe, so no more than one thread runs it: ` +
      'leave --thread out',
  );
}

function noSuchThread(pid: number, tid: number, tids: readonly number[]): PhptraceError {
  return new PhptraceError(`process ${String(pid)} has no thread ${String(tid)}: ${whatElse(tids)}`);
}

function whatElse(tids: readonly number[]): string {
  return tids.length === 0 ? 'leave --thread out' : `PHP runs in ${listed(tids)}`;
}

const MOST_LISTED = 40;

function listed(tids: readonly number[]): string {
  const more = tids.length > MOST_LISTED ? `, and ${String(tids.length - MOST_LISTED)} more` : '';
  return `${tids.slice(0, MOST_LISTED).join(', ')}${more}`;
}

/** A linkage slot holds it as a 64-bit number that is mostly negative: what does not fit a double is no offset. */
function readCacheOffset({ memory, loadBias }: PhpProcess, storage: ThreadStorage): number {
  if ('cacheOffset' in storage) return storage.cacheOffset;
  return Number(memory.read(storage.cacheSlot + loadBias, 8).getBigInt64(0, true));
}

/**
 * Undefined for a thread that PHP has not begun. A block names the thread that it belongs to, and its table has the heap's
 * structure in the block itself: one that was given back has lost its table.
 */
function blockOf(
  process: PhpProcess,
  tid: number,
  { cacheOffset, heapOffset }: { readonly cacheOffset: number; readonly heapOffset: number },
): Omit<PhpThread, 'tid'> | undefined {
  const { memory } = process;
  return readOr(undefined, () => {
    const threadPointer = threadPointerOf(process, tid);
    if (threadPointer === undefined) return undefined;
    const block = memory.pointer(threadPointer + cacheOffset);
    if (block === 0) return undefined;
    const entry = memory.read(block, THREAD_ENTRY_BYTES);
    const count = entry.getUint32(THREAD_ENTRY.count, true);
    if (pointerAt(entry, THREAD_ENTRY.threadId) !== threadPointer || count > MOST_STRUCTURES) return undefined;
    const table = memory.read(pointerAt(entry, THREAD_ENTRY.table), 8 * count);
    for (let at = 0; at < table.byteLength; at += 8)
      if (pointerAt(table, at) === block + heapOffset) return { block, threadPointer };
    return undefined;
  });
}

/** Members of tcbhead_t, with which glibc's struct pthread begins, that point to it (sysdeps/x86_64/nptl/tls.h). */
const TCB = 0;
const SELF = 16;
/** A struct pthread is aligned so; its list of robust mutexes lies less far from its beginning (736 in glibc 2.36). */
const ALIGNMENT = 16;
const MOST_DESCRIPTOR_BYTES = 1024;

/**
 * Where a thread's storage is relative to (fs): its struct pthread, which points to itself, and in which the list lies that
 * the kernel tells of. Undefined for a thread that libc did not start, or that has ended.
 */
function threadPointerOf({ pid, memory }: PhpProcess, tid: number): number | undefined {
  const list = askForList(pid, tid);
  if (list === 0) return undefined;
  const { start, view } = readBelow(memory, list);
  for (let at = 0; at + SELF + 8 <= view.byteLength; at += ALIGNMENT) {
    if (pointerAt(view, at + TCB) === start + at && pointerAt(view, at + SELF) === start + at) return start + at;
  }
  return undefined;
}

function askForList(pid: number, tid: number): number {
  try {
    return robustListOf(tid);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.errnoName === 'ESRCH') return 0;
    throw new PhptraceError(
      `cannot look at the threads of process ${String(pid)}: ${error.message}: ${wayToRights('CAP_SYS_PTRACE')}`,
    );
  }
}

/** Less where the mapping begins in between. */
function readBelow(memory: PhpProcess['memory'], end: number): { start: number; view: DataView } {
  const first = end - (end % ALIGNMENT) - MOST_DESCRIPTOR_BYTES;
  try {
    return { start: first, view: memory.read(first, end - first) };
  } catch (error) {
    if (!(error instanceof UnreadableMemory)) throw error;
    const start = end - (end % PAGE_BYTES);
    return { start, view: memory.read(start, end - start) };
  }
}
