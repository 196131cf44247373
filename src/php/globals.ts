import { PhptraceError } from '../errors.js';
import type { PhpBuild } from './build.js';
import { choosePhpThread, findPhpThreads, refuseThread } from './php-threads.js';
import type { PhpThread } from './php-threads.js';
import type { PhpProcess } from './process.js';
import { placeOfGlobal } from './thread-storage.js';
import { structureOfThread } from './thread-structures.js';
import type { GlobalPlace } from './thread-storage.js';

/** A thread of a thread-safe PHP, one of those of its process. */
export interface FollowedThread extends PhpThread {
  /** How many others of the process ran PHP when it was chosen. */
  readonly others: number;
}

/** Where PHP's structures of globals lie in one process. Addresses are the process's. */
export interface Globals {
  /** The pointer to the heap. */
  readonly allocGlobals: number;
  readonly executorGlobals: number;
  readonly compilerGlobals: number;
  /** Undefined where PHP does not export it. */
  readonly basicGlobals: number | undefined;
  /** The thread whose globals these are; null where the whole process has them in common. */
  readonly thread: FollowedThread | null;
  /** The address of any such structure. @throws PhptraceError where it is not in place */
  at(place: GlobalPlace): number;
}

/**
 * Finds them. In a thread-safe build these are the globals of one thread: the named one, or the only one.
 *
 * @throws NoPhpThread where a thread-safe PHP has not started yet, SeveralThreads where several run PHP and none is named,
 * PhptraceError where the named one does not
 */
export function findGlobals(process: PhpProcess, build: PhpBuild, tid?: number): Globals {
  if (build.sites.storage !== null) {
    const found = findPhpThreads(process, build.sites);
    return globalsOf(process, build, { ...choosePhpThread(process.pid, found, tid), others: found.length - 1 });
  }
  refuseThread(process.pid, tid);
  return globalsOf(process, build, null);
}

/**
 * Those of each thread that runs PHP, the main thread's first; one only, of the process, where all have them in common.
 * @throws NoPhpThread where a thread-safe PHP has not started yet, PhptraceError
 */
export function globalsOfAll(process: PhpProcess, build: PhpBuild): [Globals, ...Globals[]] {
  const [first, ...rest] = findPhpThreads(process, build.sites);
  if (!first) return [findGlobals(process, build)];
  const of = (thread: PhpThread): Globals => globalsOf(process, build, { ...thread, others: rest.length });
  return [of(first), ...rest.map(of)];
}

/** The globals of a thread that was found; null of a build that is not thread-safe. */
export function globalsOf(process: PhpProcess, { sites, layout }: PhpBuild, thread: FollowedThread | null): Globals {
  const at = (place: GlobalPlace): number =>
    'address' in place ? place.address + process.loadBias : inBlock(process, thread, place.offsetAt);
  const compilerGlobals = placeOfGlobal(process.elf, 'compiler_globals');
  if (compilerGlobals === undefined) {
    throw new PhptraceError(
      `${process.fileName} does not export compiler_globals: use a PHP whose dynamic symbol table has it`,
    );
  }
  const basicGlobals = placeOfGlobal(process.elf, 'basic_globals');
  const numbered = thread === null ? undefined : structureOfThread(process, thread, 'basic_globals');
  return {
    allocGlobals: at(sites.allocGlobals),
    executorGlobals: at(inUse(process, 'executor_globals', layout.executorGlobals)),
    compilerGlobals: at(inUse(process, 'compiler_globals', compilerGlobals)),
    basicGlobals: basicGlobals === undefined ? numbered : at(inUse(process, 'basic_globals', basicGlobals)),
    thread,
    at,
  };
}

/** The thread's id where it is to be said which one it is: where others run PHP too, or it is not the main one. */
export function namedThread(pid: number, { thread }: Pick<Globals, 'thread'>): number | undefined {
  return thread === null || (thread.tid === pid && thread.others === 0) ? undefined : thread.tid;
}

/** Where the program has exported data of PHP in place of its library, all code uses that. */
function inUse({ copies, loadBias }: PhpProcess, name: string, place: GlobalPlace): GlobalPlace {
  const copy = copies.get('offsetAt' in place ? `${name}_offset` : name);
  if (copy === undefined) return place;
  const address = copy - loadBias;
  return 'offsetAt' in place ? { offsetAt: address } : { address, sizeBytes: place.sizeBytes };
}

/** TSRM reserves some KiB for all of them together; a wilder offset means that something else was read. */
const MOST_BLOCK_BYTES = 1 << 24;

function inBlock({ memory, fileName, loadBias }: PhpProcess, thread: PhpThread | null, offsetAt: number): number {
  const offset = memory.pointer(offsetAt + loadBias);
  if (thread !== null && offset > 0 && offset < MOST_BLOCK_BYTES) return thread.block + offset;
  throw new PhptraceError(
    `${fileName}: the offset of a structure in the threads' block is ${String(offset)}: where this thread-safe PHP ` +
      'keeps its globals cannot be told; send the output of `phptrace doctor`',
  );
}
