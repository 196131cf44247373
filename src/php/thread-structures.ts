import { mallocBlockBytes } from './malloc-block.js';
import { pointerAt, readOr } from './memory.js';
import type { PhpThread } from './php-threads.js';
import { dataAddress } from './process.js';
import type { PhpProcess } from './process.js';
import { MOST_STRUCTURES, THREAD_ENTRY } from './thread-entry.js';

/** Exported words, each with the number of a structure once PHP has started: `output_globals_id`. The first is 1. */
const NUMBER = /^(\w+_globals)_id$/;
/** Neither a structure nor the block of a thread is larger. */
const MOST_BYTES = 1 << 20;

export interface ThreadStructure {
  readonly address: number;
  /** 0 where it cannot be told. */
  readonly sizeBytes: number;
}

/** The address of the table that lists a thread's structures of globals by their numbers. @throws UnreadableMemory */
export function tableOfStructures({ memory }: PhpProcess, { block }: PhpThread): number {
  return memory.pointer(block + THREAD_ENTRY.table);
}

/** The address of the structure with a number in such a table; 0 where it has none yet. */
export function structureNumbered(memory: { pointer(address: number): number }, table: number, number: number): number {
  return number === 0 ? 0 : memory.pointer(table + 8 * (number - 1));
}

/**
 * Where a thread has the structure of this name, by which a build that is not thread-safe exports it; undefined where its
 * number is not exported, or the thread is ending.
 */
export function structureOfThread(process: PhpProcess, thread: PhpThread, name: string): number | undefined {
  const at = dataAddress(process, `${name}_id`);
  if (at === undefined) return undefined;
  return readOr(undefined, () => {
    const number = process.memory.uint32(at);
    if (number > process.memory.uint32(thread.block + THREAD_ENTRY.count)) return undefined;
    return structureNumbered(process.memory, tableOfStructures(process, thread), number) || undefined;
  });
}

/**
 * All structures of a thread whose numbers are exported. Some lie in the thread's block, one behind the other, and malloc
 * gave out the others. @throws UnreadableMemory
 */
export function structuresOfThread(process: PhpProcess, thread: PhpThread): Map<string, ThreadStructure> {
  const { memory, elf } = process;
  const count = Math.min(memory.uint32(thread.block + THREAD_ENTRY.count), MOST_STRUCTURES);
  const table = memory.read(tableOfStructures(process, thread), 8 * count);
  const starts = Array.from({ length: count }, (_, index) => pointerAt(table, 8 * index));
  const end = thread.block + mallocBytes(thread.block);
  const found = new Map<string, ThreadStructure>();
  for (const symbol of elf.symbolNames()) {
    const [, name = ''] = NUMBER.exec(symbol) ?? [];
    const address = name === '' ? undefined : structureOfThread(process, thread, name);
    if (address !== undefined) found.set(name, { address, sizeBytes: sizeOf(address) });
  }
  return found;

  function sizeOf(address: number): number {
    if (address < thread.block || address >= end) return mallocBytes(address);
    return Math.min(end, ...starts.filter((other) => other > address)) - address;
  }

  function mallocBytes(address: number): number {
    return readOr(0, () => mallocBlockBytes(memory, address, MOST_BYTES));
  }
}
