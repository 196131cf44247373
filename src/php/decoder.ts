import { createRequire } from 'node:module';
import type * as IcedModule from 'iced-x86';
import type { Decoder, FlowControl, Instruction as IcedInstruction, Register as IcedRegister } from 'iced-x86';
import type { InstructionInfoFactory, MemorySize, Mnemonic, OpKind, UsedRegister } from 'iced-x86';
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
  /** What the WebAssembly has told once: each call into it costs more than the instruction's own decoding. */
  readonly #fullRegisters = new Map<
    IcedRegister,
    { readonly full: Register | undefined; readonly sizeBytes: number }
  >();
  readonly #mnemonics = new Map<Mnemonic, string>();
  readonly #memorySizes = new Map<MemorySize, number>();
  readonly #writtenBy = new Map<string, readonly Register[]>();

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
    const { OpKind } = this.#x86;
    const flow = this.#flows.get(instruction.flowControl) ?? 'trap';
    const mnemonic = this.#mnemonic(instruction.mnemonic);
    const count = instruction.opCount;
    const operands: Operand[] = [];
    // What it writes depends on its code and registers, and of a string instruction on the prefix.
    let form = `${instruction.code}`;
    let direct = false;
    for (let index = 0; index < count; index++) {
      const kind = instruction.opKind(index);
      if (index === 0) direct = kind === OpKind.NearBranch64;
      const operand = this.#operand(instruction, index, kind);
      operands.push(operand);
      if (kind >= OpKind.MemorySegSI && kind <= OpKind.MemoryESRDI) {
        form += instruction.hasRepPrefix || instruction.hasRepnePrefix ? ' rep' : ' once';
      }
      form += operand.kind === 'register' ? ` ${operand.register}${operand.sizeBytes}` : ` ${operand.kind}`;
    }
    return {
      address,
      next: address + instruction.length,
      mnemonic,
      flow,
      ...(direct ? { target: Number(instruction.nearBranchTarget) } : {}),
      operands,
      written: this.#written(instruction, form),
      writesFlags: instruction.rflagsModified !== 0,
      emulated: flow === 'conditional' || flow === 'jump' || (mnemonic === 'push' && operands[0]?.kind === 'register'),
    };
  }

  #mnemonic(number: Mnemonic): string {
    return known(this.#mnemonics, number, () => (this.#x86.Mnemonic[number] ?? '').toLowerCase());
  }

  #operand(instruction: IcedInstruction, index: number, kind: OpKind): Operand {
    const { OpKind } = this.#x86;
    if (kind === OpKind.Register) {
      const { full: register, sizeBytes } = this.#register(instruction.opRegister(index));
      return register === undefined ? { kind: 'other' } : { kind: 'register', register, sizeBytes };
    }
    if (kind === OpKind.Memory) return { kind: 'memory', ...this.#memory(instruction) };
    if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64) {
      return { kind: 'immediate', value: Number(BigInt.asIntN(64, instruction.immediate(index))) };
    }
    return { kind: 'other' };
  }

  #memory(instruction: IcedInstruction): MemoryOperand {
    const { Register, MemorySizeExt } = this.#x86;
    const base = this.#register(instruction.memoryBase).full;
    const index = this.#register(instruction.memoryIndex).full;
    const segment = instruction.memorySegment;
    const displacement = Number(BigInt.asIntN(64, instruction.memoryDisplacement));
    const isPlain = base === undefined && index === undefined;
    const absolute =
      isPlain && instruction.isIpRelMemoryOperand
        ? Number(instruction.ipRelMemoryAddress)
        : isPlain && segment === Register.DS
          ? displacement
          : undefined;
    const size = instruction.memorySize;
    return {
      ...(base === undefined ? {} : { base }),
      ...(index === undefined ? {} : { index }),
      scale: instruction.memoryIndexScale,
      displacement,
      ...(absolute === undefined ? {} : { address: absolute }),
      ...(segment === Register.FS ? { isThreads: true } : {}),
      sizeBytes: known(this.#memorySizes, size, () => MemorySizeExt.size(size)),
    };
  }

  /** `form` tells apart what writes other registers. */
  #written(instruction: IcedInstruction, form: string): readonly Register[] {
    return known(this.#writtenBy, form, () => {
      const { OpAccess } = this.#x86;
      const info = this.#info.info(instruction);
      const used = info.usedRegisters() as UsedRegister[];
      const written = new Set<Register>();
      for (const { register, access } of used) {
        const isRead = access === OpAccess.Read || access === OpAccess.CondRead;
        const { full } = this.#register(register);
        if (!isRead && full !== undefined) written.add(full);
      }
      for (const register of used) register.free();
      info.free();
      return [...written];
    });
  }

  #register(register: IcedRegister): { readonly full: Register | undefined; readonly sizeBytes: number } {
    return known(this.#fullRegisters, register, () => {
      const { RegisterExt } = this.#x86;
      return { full: this.#registers.get(RegisterExt.fullRegister(register)), sizeBytes: RegisterExt.size(register) };
    });
  }
}

/** What a map has, or what is found now and kept there. */
function known<Key, Value>(map: Map<Key, Value>, key: Key, find: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = find()));
  return value;
}
