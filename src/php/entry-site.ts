import { requiredSymbol } from './code-image.js';
import type { Disassembler, Register } from './disassembly.js';

/** A place at a function's beginning where arguments 0 and 1 are still in their registers, rdi and rsi. */
export interface EntrySite {
  readonly symbol: string;
  readonly address: number;
  readonly argumentIn: Register;
}

/**
 * Where to probe that a function is called: the first instruction on the straight way from its entry that the kernel
 * emulates, as long as the arguments stay in place, else the entry itself.
 *
 * @throws PhptraceError where the binary has no such symbol.
 */
export function findEntrySite(disassembler: Disassembler, symbol: string): EntrySite {
  const entry = requiredSymbol(disassembler.image, symbol).address;
  const argumentIn = 'rdi';
  let instruction = disassembler.at(entry);
  const keeps = ({ written }: { readonly written: readonly Register[] }): boolean =>
    !written.includes(argumentIn) && !written.includes('rsi');
  while (!instruction.emulated && instruction.flow === 'next' && keeps(instruction)) {
    instruction = disassembler.at(instruction.next);
  }
  return { symbol, address: instruction.emulated ? instruction.address : entry, argumentIn };
}
