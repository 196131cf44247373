import { PhptraceError } from '../errors.js';
import type { CodeImage, FunctionBounds } from './code-image.js';
import { InstructionDecoder } from './decoder.js';
import type { FlowKind, Instruction } from './instruction.js';

export { ARGUMENT_REGISTERS, REGISTERS } from './instruction.js';
export type { Instruction, MemoryOperand, Operand, Register } from './instruction.js';

/** Decodes instructions of one binary. It holds WebAssembly memory: the caller frees it. */
export class Disassembler {
  readonly #decoder = new InstructionDecoder();
  readonly #decoded = new Map<number, Instruction>();
  #bounds: FunctionBounds = { start: 0, end: 0 };

  constructor(readonly image: CodeImage) {}

  free(): void {
    this.#decoder.free();
  }

  /** The instruction at `address`. Throws PhptraceError where the bytes are none, or leave their function. */
  at(address: number): Instruction {
    let instruction = this.#decoded.get(address);
    if (instruction === undefined) {
      instruction = this.#decode(address);
      this.#decoded.set(address, instruction);
    }
    return instruction;
  }

  /** The instructions in the order of their addresses, from the first up to and not including `end`. */
  *linear(start: number, end: number): Generator<Instruction> {
    for (let address = start; address < end;) {
      const instruction = this.at(address);
      yield instruction;
      address = instruction.next;
    }
  }

  /** The function that holds `address`, as the image tells it; mostly the one that was asked for last. */
  bounds(address: number): FunctionBounds {
    const { start, end } = this.#bounds;
    return address >= start && address < end ? this.#bounds : (this.#bounds = this.image.bounds(address));
  }

  #decode(address: number): Instruction {
    const { start, end } = this.bounds(address);
    const instruction = this.#decoder.decode(address, start, () => this.image.read(start, end - start));
    if (instruction === undefined) {
      throw new PhptraceError(`${this.image.name}: no x86-64 instruction at 0x${address.toString(16)}`);
    }
    return this.#linked(instruction);
  }

  /** In libraries, exported functions are called by way of stubs and slots that the dynamic linker fills. */
  #linked(instruction: Instruction): Instruction {
    const { flow, target, operands } = instruction;
    if (flow === 'next' || flow === 'return' || flow === 'trap') return instruction;
    const [to] = operands;
    const slot = to?.kind === 'memory' ? to.address : undefined;
    const name =
      target !== undefined
        ? this.image.stubSymbol(target)
        : slot !== undefined
          ? this.image.slotSymbol(slot)
          : undefined;
    const symbol = name === undefined ? undefined : this.image.symbol(name);
    if (symbol === undefined) return instruction;
    return { ...instruction, flow: DIRECT.get(flow) ?? flow, target: symbol.address };
  }
}

/** What an indirect jump or call is once its target is known. */
const DIRECT = new Map<FlowKind, FlowKind>([
  ['other-jump', 'jump'],
  ['other-call', 'call'],
]);
