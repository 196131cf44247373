import { PhptraceError } from '../errors.js';
import type { PhpBuild } from './build.js';
import { findPhpThread } from './php-threads.js';
import type { PhpThread } from './php-threads.js';
import type { PhpProcess } from './process.js';
import { placeOfGlobal } from './thread-storage.js';
import type { GlobalPlace } from './thread-storage.js';

/** Where PHP's structures of globals lie in one process. Addresses are the process's. */
export interface Globals {
  /** The pointer to the heap. */
  readonly allocGlobals: number;
  readonly executorGlobals: number;
  readonly compilerGlobals: number;
  /** Undefined where PHP does not export it, as in thread-safe builds. */
  readonly basicGlobals: number | undefined;
  /** The thread whose globals these are; null where the whole process has them in common. */
  readonly thread: PhpThread | null;
  /** The address of any such structure. @throws PhptraceError where it is not in place */
  at(place: GlobalPlace): number;
}

/**
 * Finds them. In a thread-safe build these are the globals of one thread: the main one where it runs PHP, else the only
 * one that does.
 *
 * @throws NoPhpThread where a thread-safe PHP has not started yet, PhptraceError where it cannot be told which thread
 * is meant
 */
export function findGlobals(process: PhpProcess, { sites, layout }: PhpBuild): Globals {
  const thread = sites.storage === null ? null : findPhpThread(process, sites.storage);
  const at = (place: GlobalPlace): number =>
    'address' in place ? place.address + process.loadBias : inBlock(process, thread, place.offsetAt);
  const compilerGlobals = placeOfGlobal(process.elf, 'compiler_globals');
  if (compilerGlobals === undefined) {
    throw new PhptraceError(
      `${process.fileName} does not export compiler_globals: use a PHP whose dynamic symbol table has it`,
    );
  }
  const basicGlobals = placeOfGlobal(process.elf, 'basic_globals');
  return {
    allocGlobals: at(sites.allocGlobals),
    executorGlobals: at(inUse(process, 'executor_globals', layout.executorGlobals)),
    compilerGlobals: at(inUse(process, 'compiler_globals', compilerGlobals)),
    basicGlobals: basicGlobals && at(inUse(process, 'basic_globals', basicGlobals)),
    thread,
    at,
  };
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
