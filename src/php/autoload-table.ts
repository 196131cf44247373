import { Disassembler } from './disassembly.js';
import type { EngineLayout } from './engine-layout.js';
import { findFunction } from './functions.js';
import { pointerAt } from './memory.js';
import type { PhpProcess } from './process.js';

/** The record of an extension's function is no longer than this; its handler stands somewhere within. */
const FUNCTION_BYTES = 160;
const MOST_INSTRUCTIONS = 120;
/** zend_array's type in its header (Zend/zend_types.h: IS_ARRAY). */
const ARRAY = 7;

/**
 * Address in the process of the word that points to the table of autoloaders: the first word that the native code of
 * spl_autoload_functions() loads and that points to an array. Undefined where there are none yet, or the code is of
 * another form: then what autoloaders hold is known by a worse name.
 */
export function findAutoloadTable(
  { elf, memory, loadBias }: PhpProcess,
  layout: EngineLayout,
  executorGlobals: number,
): number | undefined {
  const disassembler = new Disassembler(elf);
  try {
    const func = findFunction({ memory, layout, executorGlobals }, 'spl_autoload_functions');
    const handler = func === undefined ? undefined : handlerOf(func);
    if (handler === undefined) return undefined;
    const loaded = [...loadedWords(handler)].map((address) => address + loadBias);
    return loaded.find((address) => isArray(memory.pointer(address)));
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

  function* loadedWords(start: number): Generator<number> {
    let left = MOST_INSTRUCTIONS;
    for (const { operands } of disassembler.linear(start, elf.bounds(start).end)) {
      if (left-- === 0) return;
      for (const operand of operands) {
        if (operand.kind === 'memory' && operand.sizeBytes === 8 && operand.address !== undefined)
          yield operand.address;
      }
    }
  }

  function isArray(address: number): boolean {
    try {
      return address !== 0 && address % 8 === 0 && (memory.uint8(address + 4) & 0xf) === ARRAY;
    } catch {
      return false;
    }
  }
}
