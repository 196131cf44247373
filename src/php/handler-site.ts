import type { CodeImage } from './code-image.js';
import { Disassembler } from './disassembly.js';
import type { PhpProcess } from './process.js';

/** How far into a handler a cheap instruction is looked for. */
const MOST_INSTRUCTIONS = 24;

/**
 * Where to probe the native code that runs an opline's kind (a label of `execute_ex`): an address that each run of the
 * handler passes once, while r14 and r15 still hold the frame and the opline. It is an instruction that the kernel
 * emulates where the handler's straight beginning has one, else the first, which it has to single-step.
 */
export function handlerSite(image: CodeImage, handler: number): number {
  const disassembler = new Disassembler(image);
  try {
    const site = firstEmulated(disassembler, handler);
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
export function handlerOffset(process: PhpProcess, opline: number): number | undefined {
  const handler = handlerOf(process, opline);
  return handler === undefined ? undefined : process.elf.fileOffset(handlerSite(process.elf, handler));
}

function firstEmulated(disassembler: Disassembler, handler: number): number | undefined {
  let left = MOST_INSTRUCTIONS;
  for (const { address, emulated, flow, written } of disassembler.linear(handler, Infinity)) {
    if (emulated) return address;
    if (flow !== 'next' || written.includes('r14') || written.includes('r15') || --left === 0) return undefined;
  }
  return undefined;
}

/** A jump from elsewhere into that beginning would pass the site without, or more than once in, a run of the handler. */
function isEnteredBetween(disassembler: Disassembler, handler: number, site: number): boolean {
  const { start, end } = disassembler.image.bounds(handler);
  for (const { target, flow } of disassembler.linear(start, end)) {
    if (target !== undefined && flow !== 'call' && target > handler && target <= site) return true;
  }
  return false;
}
