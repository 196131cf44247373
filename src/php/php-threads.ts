import { PhptraceError } from '../errors.js';
import { UnreadableMemory } from './memory.js';
import type { PhpProcess } from './process.js';
import { stopProcess } from './stopped-process.js';
import type { ThreadStorage } from './thread-storage.js';

/** A thread of a thread-safe PHP. */
export interface PhpThread {
  readonly tid: number;
  /** Address of its block of globals. */
  readonly block: number;
  /** How many others of the process have one. */
  readonly others: number;
}

/** No thread has globals of PHP: for a command that is being launched, not yet. */
export class NoPhpThread extends PhptraceError {}

/** Offset of thread_id in tsrm_tls_entry: after storage and count (TSRM/TSRM.c, 7.4 to 8.5). */
const THREAD_ID = 16;

/**
 * The thread of a process to look at. All threads stand still for some microseconds, for only then the kernel tells
 * where their storage is.
 *
 * @throws NoPhpThread where none runs PHP, PhptraceError where several do and the main thread does not
 */
export function findPhpThread(process: PhpProcess, storage: ThreadStorage): PhpThread {
  const { pid, fileName } = process;
  const cacheOffset = readCacheOffset(process, storage);
  const found = stoppedThreads(pid).flatMap(({ tid, threadPointer }) => {
    const block = blockOf(process, threadPointer, cacheOffset);
    return block === undefined ? [] : [{ tid, block }];
  });
  const one = found.find(({ tid }) => tid === pid) ?? (found.length === 1 ? found[0] : undefined);
  if (one !== undefined) return { ...one, others: found.length - 1 };
  if (found.length === 0) {
    throw new NoPhpThread(`process ${String(pid)} (${fileName}) has not started its PHP yet: try again in a moment`);
  }
  throw new PhptraceError(
    `process ${String(pid)} runs PHP in ${String(found.length)} threads and not in its main thread (FrankenPHP, a ` +
      "web server's worker threads), which is not supported yet: trace the program under one thread, or under PHP-FPM",
  );
}

function stoppedThreads(pid: number): { tid: number; threadPointer: number }[] {
  const stopped = stopProcess(pid);
  try {
    return stopped.threads.map(({ tid, threadPointer }) => ({ tid, threadPointer }));
  } finally {
    stopped.release();
  }
}

/** A linkage slot holds it as a 64-bit number that is mostly negative: what does not fit a double is no offset. */
function readCacheOffset({ memory, loadBias }: PhpProcess, storage: ThreadStorage): number {
  if ('cacheOffset' in storage) return storage.cacheOffset;
  return Number(memory.read(storage.cacheSlot + loadBias, 8).getBigInt64(0, true));
}

/** Undefined for a thread that PHP has not begun. A block names the thread that it belongs to. */
function blockOf({ memory }: PhpProcess, threadPointer: number, cacheOffset: number): number | undefined {
  try {
    const block = threadPointer === 0 ? 0 : memory.pointer(threadPointer + cacheOffset);
    return block !== 0 && memory.pointer(block + THREAD_ID) === threadPointer ? block : undefined;
  } catch (error) {
    if (error instanceof UnreadableMemory) return undefined;
    throw error;
  }
}
