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
  /** Relative to the thread pointer (segment fs). */
  readonly isThreads?: true;
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
