import { mallocBlockBytes } from './malloc-block.js';
import { UnreadableMemory, pointerAt } from './memory.js';
import type { PhpThread } from './php-threads.js';
import { dataAddress } from './process.js';
import type { PhpProcess } from './process.js';

/** Exported words, each with the number of a structure once PHP has started: `output_globals_id`. The first is 1. */
const NUMBER = /^(\w+_globals)_id$/;
/** tsrm_tls_entry (TSRM/TSRM.c, 7.4 to 8.5), with which a thread's block begins: the table of structures, and its length. */
const TABLE = 0;
const COUNT = 8;
/** PHP has some twenty structures of globals, and each extension one; none of them, nor the block, is larger. */
const MOST_STRUCTURES = 4096;
const MOST_BYTES = 1 << 20;

export interface ThreadStructure {
  readonly address: number;
  /** 0 where it cannot be told. */
  readonly sizeBytes: number;
}

/** The address of the table that lists a thread's structures of globals by their numbers. @throws UnreadableMemory */
export function tableOfStructures({ memory }: PhpProcess, { block }: PhpThread): number {
  return memory.pointer(block + TABLE);
}

/**
 * Where a thread has the structure of this name, by which a build that is not thread-safe exports it; undefined where its
 * number is not exported, or the thread is ending.
 */
export function structureOfThread(process: PhpProcess, thread: PhpThread, name: string): number | undefined {
  const at = dataAddress(process, `${name}_id`);
  if (at === undefined) return undefined;
  try {
    const number = process.memory.uint32(at);
    if (number === 0 || number > process.memory.uint32(thread.block + COUNT)) return undefined;
    return process.memory.pointer(tableOfStructures(process, thread) + 8 * (number - 1)) || undefined;
  } catch (error) {
    if (error instanceof UnreadableMemory) return undefined;
    throw error;
  }
}

/**
 * All structures of a thread whose numbers are exported. Some lie in the thread's block, one behind the other, and malloc
 * gave out the others. @throws UnreadableMemory
 */
export function structuresOfThread(process: PhpProcess, thread: PhpThread): Map<string, ThreadStructure> {
  const { memory, elf } = process;
  const count = Math.min(memory.uint32(thread.block + COUNT), MOST_STRUCTURES);
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
    try {
      return mallocBlockBytes(memory, address, MOST_BYTES);
    } catch (error) {
      if (error instanceof UnreadableMemory) return 0;
      throw error;
    }
  }
}
