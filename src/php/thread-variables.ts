import { readOr } from './memory.js';
import type { PhpProcess } from './process.js';

/** The root of what code reads at a distance from the thread pointer that it names itself: `fs:[-0xd8]`. */
export const THREAD_VARIABLES = 'thread variables';

/** The root of what it reads at a distance that the dynamic linker has put into the slot at this address. */
export function variablesBySlot(slot: number): string {
  return `${THREAD_VARIABLES} by slot ${slot.toString(16)}`;
}

/** The root of what it has `__tls_get_addr` find for the pair of words at this address. */
export function variablesByModule(pair: number): string {
  return `${THREAD_VARIABLES} by module ${pair.toString(16)}`;
}

/** glibc's tcbhead_t (sysdeps/x86_64/nptl/tls.h) has the vector of modules here; each has a pointer and another word. */
const VECTOR = 8;
const MODULE_BYTES = 16;

/**
 * Where a thread has the variables of such a root: what is added to their offsets. Undefined for any other root, and for
 * those of a library's module that the thread has not used yet.
 */
export function variablesOfThread(
  { memory, loadBias }: Pick<PhpProcess, 'memory' | 'loadBias'>,
  threadPointer: number,
  root: string,
): number | undefined {
  if (root === THREAD_VARIABLES) return threadPointer;
  const [, kind, at] = new RegExp(`^${THREAD_VARIABLES} by (slot|module) ([0-9a-f]+)$`).exec(root) ?? [];
  if (at === undefined) return undefined;
  const address = parseInt(at, 16) + loadBias;
  if (kind === 'slot') return threadPointer + signedWord(address);
  return readOr(undefined, () => {
    const variables = memory.pointer(memory.pointer(threadPointer + VECTOR) + MODULE_BYTES * memory.pointer(address));
    memory.uint8(variables);
    return variables + memory.pointer(address + 8);
  });

  function signedWord(word: number): number {
    return Number(memory.read(word, 8).getBigInt64(0, true));
  }
}
