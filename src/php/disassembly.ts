import { Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, Mnemonic, OpAccess, OpKind } from 'iced-x86';
import { Instruction as IcedInstruction, MemorySizeExt, Register as IcedRegister, RegisterExt } from 'iced-x86';
import type { UsedRegister } from 'iced-x86';
import { PhptraceError } from '../errors.js';
import type { CodeImage, FunctionBounds } from './code-image.js';

/** The 64-bit general registers of x86-64, by the names of the kernel's `struct pt_regs`. */
export const REGISTERS = [
  ...(['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'] as const),
  ...(['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const),
] as const;
export type Register = (typeof REGISTERS)[number];

/** System V ABI, AMD64: where a function finds its integer arguments. */
export const ARGUMENT_REGISTERS: readonly Register[] = ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'];

/** `trap` ends a path: ud2, int3. `other-jump` is an indirect one: through a register, memory or a jump table. */
export type FlowKind = 'next' | 'conditional' | 'jump' | 'other-jump' | 'call' | 'other-call' | 'return' | 'trap';

export interface MemoryOperand {
  /** Absent where the address is absolute or relative to `rip`. */
  readonly base?: Register;
  readonly index?: Register;
  readonly scale: number;
  readonly displacement: number;
  /** The virtual address that an absolute or `rip`-relative operand means. */
  readonly address?: number;
  /** 0 for `lea`, which touches no memory. */
  readonly sizeBytes: number;
}

/** One operand: a register by its full name with its width in bytes, memory, or an immediate (sign-extended). */
export type Operand =
  | { readonly kind: 'register'; readonly register: Register; readonly sizeBytes: number }
  | ({ readonly kind: 'memory' } & MemoryOperand)
  | { readonly kind: 'immediate'; readonly value: number }
  | { readonly kind: 'other' };

export interface Instruction {
  readonly address: number;
  /** The address of the next instruction in memory. */
  readonly next: number;
  /** Lower case: `mov`, `test`, `je`. */
  readonly mnemonic: string;
  readonly flow: FlowKind;
  /** Where a direct jump or call goes; one by way of a linkage stub or slot goes to the function of this binary. */
  readonly target?: number;
  readonly operands: readonly Operand[];
  /** Registers that it may change; a part of a register counts as the whole. */
  readonly written: readonly Register[];
  readonly writesFlags: boolean;
  /** The kernel emulates it under a uprobe and need not single-step it: jcc, jmp, push (arch/x86/kernel/uprobes.c). */
  readonly emulated: boolean;
}

/** Decodes instructions of one binary. It holds WebAssembly memory: the caller frees it. */
export class Disassembler {
  readonly #decoders = new Map<number, Decoder>();
  readonly #decoded = new Map<number, Instruction>();
  #bounds: FunctionBounds = { start: 0, end: 0 };
  readonly #info = new InstructionInfoFactory();
  readonly #instruction = new IcedInstruction();

  constructor(readonly image: CodeImage) {}

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free();
    this.#decoders.clear();
    this.#instruction.free();
    this.#info.free();
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
    let decoder = this.#decoders.get(start);
    if (decoder === undefined) {
      decoder = new Decoder(64, this.image.read(start, end - start), DecoderOptions.None);
      this.#decoders.set(start, decoder);
    }
    decoder.position = address - start;
    decoder.ip = BigInt(address);
    decoder.decodeOut(this.#instruction);
    if (this.#instruction.isInvalid) {
      throw new PhptraceError(`${this.image.name}: no x86-64 instruction at 0x${address.toString(16)}`);
    }
    return this.#linked(plain(this.#instruction, this.#info, address));
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

function plain(iced: IcedInstruction, factory: InstructionInfoFactory, address: number): Instruction {
  const flow = flowKind(iced.flowControl);
  const mnemonic = (Mnemonic[iced.mnemonic] ?? '').toLowerCase();
  const operands = Array.from({ length: iced.opCount }, (_, index) => operand(iced, index));
  const direct = iced.opCount > 0 && iced.opKind(0) === OpKind.NearBranch64;
  return {
    address,
    next: address + iced.length,
    mnemonic,
    flow,
    ...(direct ? { target: Number(iced.nearBranchTarget) } : {}),
    operands,
    written: writtenRegisters(iced, factory),
    writesFlags: iced.rflagsModified !== 0,
    emulated: flow === 'conditional' || flow === 'jump' || (mnemonic === 'push' && operands[0]?.kind === 'register'),
  };
}

function flowKind(flow: FlowControl): FlowKind {
  return FLOW_KINDS.get(flow) ?? 'trap';
}

/** What an indirect jump or call is once its target is known. */
const DIRECT = new Map<FlowKind, FlowKind>([
  ['other-jump', 'jump'],
  ['other-call', 'call'],
]);

const FLOW_KINDS = new Map<FlowControl, FlowKind>([
  [FlowControl.Next, 'next'],
  [FlowControl.UnconditionalBranch, 'jump'],
  [FlowControl.IndirectBranch, 'other-jump'],
  [FlowControl.ConditionalBranch, 'conditional'],
  [FlowControl.Return, 'return'],
  [FlowControl.Call, 'call'],
  [FlowControl.IndirectCall, 'other-call'],
]);

function operand(iced: IcedInstruction, index: number): Operand {
  const kind = iced.opKind(index);
  if (kind === OpKind.Register) {
    const register = fullRegister(iced.opRegister(index));
    if (register === undefined) return { kind: 'other' };
    return { kind: 'register', register, sizeBytes: RegisterExt.size(iced.opRegister(index)) };
  }
  if (kind === OpKind.Memory) return { kind: 'memory', ...memoryOperand(iced) };
  if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64) {
    return { kind: 'immediate', value: Number(BigInt.asIntN(64, iced.immediate(index))) };
  }
  return { kind: 'other' };
}

function memoryOperand(iced: IcedInstruction): MemoryOperand {
  const base = fullRegister(iced.memoryBase);
  const index = fullRegister(iced.memoryIndex);
  const displacement = Number(BigInt.asIntN(64, iced.memoryDisplacement));
  const absolute = iced.isIpRelMemoryOperand
    ? Number(iced.ipRelMemoryAddress)
    : base === undefined && index === undefined && iced.memorySegment === IcedRegister.DS
      ? displacement
      : undefined;
  return {
    ...(base === undefined ? {} : { base }),
    ...(index === undefined ? {} : { index }),
    scale: iced.memoryIndexScale,
    displacement,
    ...(absolute === undefined ? {} : { address: absolute }),
    sizeBytes: MemorySizeExt.size(iced.memorySize),
  };
}

function writtenRegisters(iced: IcedInstruction, factory: InstructionInfoFactory): Register[] {
  const info = factory.info(iced);
  const used = info.usedRegisters() as UsedRegister[];
  const written = new Set<Register>();
  for (const { register, access } of used) {
    const full = access === OpAccess.Read || access === OpAccess.CondRead ? undefined : fullRegister(register);
    if (full !== undefined) written.add(full);
  }
  for (const register of used) register.free();
  info.free();
  return [...written];
}

const FULL_REGISTERS = new Map<IcedRegister, Register>(
  REGISTERS.map((name) => [IcedRegister[name.toUpperCase() as keyof typeof IcedRegister], name]),
);

function fullRegister(register: IcedRegister): Register | undefined {
  return FULL_REGISTERS.get(RegisterExt.fullRegister(register));
}
