import { createRequire } from 'node:module';
import type * as IcedModule from 'iced-x86';
import type { Decoder, FlowControl, Instruction as IcedInstruction, Register as IcedRegister } from 'iced-x86';
import type { InstructionInfoFactory, UsedRegister } from 'iced-x86';
import { REGISTERS } from './instruction.js';
import type { FlowKind, Instruction, MemoryOperand, Operand, Register } from './instruction.js';

/** It takes a tenth of a second to load, so it is loaded when something is to be decoded. */
type Iced = typeof IcedModule;
let loaded: Iced | undefined;

function iced(): Iced {
  return (loaded ??= createRequire(import.meta.url)('iced-x86') as Iced);
}

/** Decodes x86-64 instructions of functions. It holds WebAssembly memory: the caller frees it. */
export class InstructionDecoder {
  readonly #x86 = iced();
  readonly #decoders = new Map<number, Decoder>();
  readonly #info: InstructionInfoFactory = new this.#x86.InstructionInfoFactory();
  readonly #instruction: IcedInstruction = new this.#x86.Instruction();
  readonly #registers: ReadonlyMap<IcedRegister, Register>;
  readonly #flows: ReadonlyMap<FlowControl, FlowKind>;

  constructor() {
    const { FlowControl, Register } = this.#x86;
    this.#registers = new Map(REGISTERS.map((name) => [Register[name.toUpperCase() as keyof typeof Register], name]));
    this.#flows = new Map<FlowControl, FlowKind>([
      [FlowControl.Next, 'next'],
      [FlowControl.UnconditionalBranch, 'jump'],
      [FlowControl.IndirectBranch, 'other-jump'],
      [FlowControl.ConditionalBranch, 'conditional'],
      [FlowControl.Return, 'return'],
      [FlowControl.Call, 'call'],
      [FlowControl.IndirectCall, 'other-call'],
    ]);
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free();
    this.#decoders.clear();
    this.#instruction.free();
    this.#info.free();
  }

  /**
   * The instruction at `address` of the function that begins at `start`, or undefined where its bytes are none.
   * @param bytes gives the function's bytes, which are asked for once
   */
  decode(address: number, start: number, bytes: () => Uint8Array): Instruction | undefined {
    let decoder = this.#decoders.get(start);
    if (decoder === undefined) {
      decoder = new this.#x86.Decoder(64, bytes(), this.#x86.DecoderOptions.None);
      this.#decoders.set(start, decoder);
    }
    decoder.position = address - start;
    decoder.ip = BigInt(address);
    decoder.decodeOut(this.#instruction);
    return this.#instruction.isInvalid ? undefined : this.#plain(this.#instruction, address);
  }

  #plain(instruction: IcedInstruction, address: number): Instruction {
    const { Mnemonic, OpKind } = this.#x86;
    const flow = this.#flows.get(instruction.flowControl) ?? 'trap';
    const mnemonic = (Mnemonic[instruction.mnemonic] ?? '').toLowerCase();
    const operands = Array.from({ length: instruction.opCount }, (_, index) => this.#operand(instruction, index));
    const direct = instruction.opCount > 0 && instruction.opKind(0) === OpKind.NearBranch64;
    return {
      address,
      next: address + instruction.length,
      mnemonic,
      flow,
      ...(direct ? { target: Number(instruction.nearBranchTarget) } : {}),
      operands,
      written: this.#written(instruction),
      writesFlags: instruction.rflagsModified !== 0,
      emulated: flow === 'conditional' || flow === 'jump' || (mnemonic === 'push' && operands[0]?.kind === 'register'),
    };
  }

  #operand(instruction: IcedInstruction, index: number): Operand {
    const { OpKind, RegisterExt } = this.#x86;
    const kind = instruction.opKind(index);
    if (kind === OpKind.Register) {
      const register = this.#full(instruction.opRegister(index));
      if (register === undefined) return { kind: 'other' };
      return { kind: 'register', register, sizeBytes: RegisterExt.size(instruction.opRegister(index)) };
    }
    if (kind === OpKind.Memory) return { kind: 'memory', ...this.#memory(instruction) };
    if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64) {
      return { kind: 'immediate', value: Number(BigInt.asIntN(64, instruction.immediate(index))) };
    }
    return { kind: 'other' };
  }

  #memory(instruction: IcedInstruction): MemoryOperand {
    const base = this.#full(instruction.memoryBase);
    const index = this.#full(instruction.memoryIndex);
    const displacement = Number(BigInt.asIntN(64, instruction.memoryDisplacement));
    const isPlain = base === undefined && index === undefined;
    const absolute = instruction.isIpRelMemoryOperand
      ? Number(instruction.ipRelMemoryAddress)
      : isPlain && instruction.memorySegment === this.#x86.Register.DS
        ? displacement
        : undefined;
    return {
      ...(base === undefined ? {} : { base }),
      ...(index === undefined ? {} : { index }),
      scale: instruction.memoryIndexScale,
      displacement,
      ...(absolute === undefined ? {} : { address: absolute }),
      ...(instruction.memorySegment === this.#x86.Register.FS ? { isThreads: true } : {}),
      sizeBytes: this.#x86.MemorySizeExt.size(instruction.memorySize),
    };
  }

  #written(instruction: IcedInstruction): Register[] {
    const { OpAccess } = this.#x86;
    const info = this.#info.info(instruction);
    const used = info.usedRegisters() as UsedRegister[];
    const written = new Set<Register>();
    for (const { register, access } of used) {
      const full = access === OpAccess.Read || access === OpAccess.CondRead ? undefined : this.#full(register);
      if (full !== undefined) written.add(full);
    }
    for (const register of used) register.free();
    info.free();
    return [...written];
  }

  #full(register: IcedRegister): Register | undefined {
    return this.#registers.get(this.#x86.RegisterExt.fullRegister(register));
  }
}
