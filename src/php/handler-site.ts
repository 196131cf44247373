import type { CodeImage } from './code-image.js';
import { Disassembler } from './disassembly.js';
import type { Instruction, Register } from './disassembly.js';
import type { ElfFile } from './elf.js';
import type { OplinePlace } from './opline-place.js';
import type { PhpProcess } from './process.js';

/** How far into a handler a cheap instruction is looked for. */
const MOST_INSTRUCTIONS = 24;

/**
 * Where to probe the native code that runs an opline's kind (a label of `execute_ex`, or a function): an address that
 * each run of the handler passes once, while its opline can still be told: r14 and r15 hold frame and opline, or rdi the
 * frame, in which the opline stands. It is an instruction that the kernel emulates where the handler's straight beginning
 * has one, else the first, which it has to single-step.
 */
export function handlerSite(image: CodeImage, handler: number, oplineIn: OplinePlace): number {
  const disassembler = new Disassembler(image);
  try {
    const site = firstEmulated(disassembler, handler, oplineIn);
    return site === undefined || isEnteredBetween(disassembler, handler, site) ? handler : site;
  } catch {
    // Bytes that are no code we know: the handler's own address is right whatever they are.
    return handler;
  } finally {
    disassembler.free();
  }
}

/** The code that runs an opline, by its address in PHP's file; undefined for code of the JIT. @throws PhptraceError */
export function handlerOf({ memory, loadBias, elf }: PhpProcess, opline: number): number | undefined {
  const handler = memory.pointer(opline) - loadBias;
  try {
    elf.fileOffset(handler);
    return handler;
  } catch {
    return undefined;
  }
}

/** Where in PHP's file the code that runs an opline is to be probed; undefined for code of the JIT. @throws PhptraceError */
export function handlerOffset(process: PhpProcess, oplineIn: OplinePlace, opline: number): number | undefined {
  const handler = handlerOf(process, opline);
  if (handler === undefined) return undefined;
  const { elf } = process;
  const known = SITES.get(elf) ?? new Map<number, number>();
  SITES.set(elf, known);
  const site = known.get(handler) ?? handlerSite(elf, handler, oplineIn);
  known.set(handler, site);
  return elf.fileOffset(site);
}

/** By handler: all code of `execute_ex` is decoded to find one. */
const SITES = new WeakMap<ElfFile, Map<number, number>>();

function firstEmulated(disassembler: Disassembler, handler: number, oplineIn: OplinePlace): number | undefined {
  let left = MOST_INSTRUCTIONS;
  for (const instruction of disassembler.linear(handler, Infinity)) {
    if (instruction.emulated) return instruction.address;
    if (instruction.flow !== 'next' || losesOpline(instruction, oplineIn) || --left === 0) return undefined;
  }
  return undefined;
}

function losesOpline({ mnemonic, operands: [to], written }: Instruction, oplineIn: OplinePlace): boolean {
  if (KEPT_IN[oplineIn].some((register) => written.includes(register))) return true;
  return oplineIn === 'frame' && to?.kind === 'memory' && mnemonic !== 'cmp' && mnemonic !== 'test';
}

const KEPT_IN: Readonly<Record<OplinePlace, readonly Register[]>> = { registers: ['r14', 'r15'], frame: ['rdi'] };

/** A jump from elsewhere into that beginning would pass the site without, or more than once in, a run of the handler. */
function isEnteredBetween(disassembler: Disassembler, handler: number, site: number): boolean {
  const { start, end } = disassembler.image.bounds(handler);
  for (const { target, flow } of disassembler.linear(start, end)) {
    if (target !== undefined && flow !== 'call' && target > handler && target <= site) return true;
  }
  return false;
}
