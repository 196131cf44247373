import { Disassembler } from './disassembly.js';
import type { EngineLayout } from './engine-layout.js';
import { findFunction } from './functions.js';
import type { Globals } from './globals.js';
import { STATIC_DATA, variableChains } from './load-chains.js';
import type { Access } from './load-chains.js';
import { pointerAt } from './memory.js';
import type { PhpProcess } from './process.js';
import { variablesOfThread } from './thread-variables.js';

/** The record of an extension's function is no longer than this; its handler stands somewhere within. */
const FUNCTION_BYTES = 160;
/** zend_array's type in its header (Zend/zend_types.h: IS_ARRAY), and what a walk over its elements reads, 7.4 to 8.5. */
const ARRAY = 7;
const ARRAY_DATA = 16;
const NUM_USED = 24;

/**
 * Address in the process of the word that points to the table of autoloaders: the native code of
 * spl_autoload_functions() loads that word, of static data or (`__thread`, in a thread-safe build) of the thread's own,
 * and reads through it where a table's elements are and how many, and it points to an array. Undefined where there are no
 * autoloaders yet, or the code is of another form: then what they hold is known by a worse name.
 */
export function findAutoloadTable(
  process: PhpProcess,
  layout: EngineLayout,
  { executorGlobals, thread }: Globals,
): number | undefined {
  const { elf, memory, loadBias } = process;
  const disassembler = new Disassembler(elf);
  try {
    const func = findFunction({ memory, layout, executorGlobals }, 'spl_autoload_functions');
    const handler = func === undefined ? undefined : handlerOf(func);
    if (handler === undefined) return undefined;
    return tableWords(variableChains(disassembler, handler).accesses)
      .flatMap(({ root, path: [offset = 0] }) => {
        const start = startOf(root);
        return start === undefined ? [] : [start + offset];
      })
      .find((address) => isArray(memory.pointer(address)));
  } catch {
    return undefined;
  } finally {
    disassembler.free();
  }

  /** The only word of the record that is the first address of a function. */
  function handlerOf(func: number): number | undefined {
    const view = memory.read(func, FUNCTION_BYTES);
    for (let at = 0; at < FUNCTION_BYTES; at += 8) {
      const address = pointerAt(view, at) - loadBias;
      try {
        if (elf.bounds(address).start === address) return address;
      } catch {
        // No code lies there.
      }
    }
    return undefined;
  }

  function startOf(root: string): number | undefined {
    if (root === STATIC_DATA) return loadBias;
    return thread === null ? undefined : variablesOfThread(process, thread.threadPointer, root);
  }

  function isArray(address: number): boolean {
    try {
      return address !== 0 && address % 8 === 0 && (memory.uint8(address + 4) & 0xf) === ARRAY;
    } catch {
      return false;
    }
  }
}

/** Words that are loaded and then read through as a pointer to a table is. */
function tableWords(accesses: readonly Access[]): readonly Access[] {
  const readsThrough = (word: Access, offset: number, sizeBytes: number): boolean =>
    accesses.some(
      ({ root, path: [first, second, ...deeper], ...access }) =>
        root === word.root &&
        first === word.path[0] &&
        second === offset &&
        deeper.length === 0 &&
        access.sizeBytes === sizeBytes,
    );
  return accesses.filter(
    (access) => access.path.length === 1 && readsThrough(access, ARRAY_DATA, 8) && readsThrough(access, NUM_USED, 4),
  );
}
