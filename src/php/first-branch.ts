import { PhptraceError } from '../errors.js';
import { MAX_SMALL_SIZE } from './bins.js';
import { ARGUMENT_REGISTERS } from './disassembly.js';
import type { Disassembler, Instruction, MemoryOperand, Operand, Register } from './disassembly.js';
import { isCacheWord, loadsCacheOffset } from './thread-storage.js';
import type { GlobalPlace, ThreadStorage } from './thread-storage.js';

/** What the first conditional jump of an allocator function decides by. */
export type Decision =
  /** `heap->use_custom_heap` is zero (ZF set) or not: the guard. */
  | 'use_custom_heap'
  /** The size against ZEND_MM_MAX_SMALL_SIZE, 3072. */
  | 'size'
  /** The pointer's offset in its 2 MiB chunk is zero (a huge block or NULL) or not. */
  | 'chunk_offset';

export interface FirstBranch {
  readonly symbol: string;
  /** The jump itself, the instruction to probe: the kernel emulates it. */
  readonly address: number;
  readonly decision: Decision;
  /** The argument that it decides by, if it is one. */
  readonly tested: number | undefined;
  /** Where control goes with ZF set; for the guard that is the heap that PHP itself manages. */
  readonly ifZero: number;
  readonly heapIn: Register;
  /** By argument number: the register that holds the argument at the jump, or undefined where none is proven to. */
  readonly argumentIn: readonly (Register | undefined)[];
}

/** What the heap pointer is known by. */
export type HeapSource =
  { readonly allocGlobals: GlobalPlace; readonly storage: ThreadStorage | null } | { readonly argument: number };

/** The guard comes within 13 instructions, in 1224 functions of 18 builds; the heap API of 8.4 and 8.5 needs 18. */
const LONGEST_PROLOGUE = 24;
const CHUNK_OFFSET_MASK = 0x1fffff;

interface Test {
  readonly decision: Decision;
  readonly tested?: number;
}

/** What a register holds, as far as the straight way from the function's entry proves it. */
type Value = 'heap' | 'use_custom_heap' | ThreadValue | number;

/** On the way to the heap of a thread: the offset of its cache, its block, the offset in it of alloc_globals, or both. */
type ThreadValue = 'cache offset' | 'block' | 'offset in block' | 'alloc_globals';

/**
 * Finds the first conditional jump of an allocator function and proves what it decides by, following register copies
 * from the entry: the heap pointer, `use_custom_heap` (the int at its offset 0), and the arguments.
 *
 * @throws PhptraceError with the symbol's name where any of it cannot be proven.
 */
export function findFirstBranch(
  disassembler: Disassembler,
  symbol: string,
  entry: number,
  heap: HeapSource,
): FirstBranch {
  const values = new Map<Register, Value>(ARGUMENT_REGISTERS.map((register, index) => [register, index]));
  if ('argument' in heap) values.set(argumentRegister(heap.argument), 'heap');
  let decision: Test | undefined;
  let address = entry;
  for (let count = 0; count < LONGEST_PROLOGUE; count++) {
    const instruction = disassembler.at(address);
    if (instruction.flow === 'conditional') {
      return proven(disassembler, symbol, instruction, decision, values);
    }
    if (instruction.flow !== 'next') {
      throw unproven(disassembler, symbol, `${instruction.mnemonic} at ${hex(address)} comes before any test`);
    }
    if (instruction.writesFlags) decision = decisionOf(instruction, values);
    step(instruction, values, heap);
    address = instruction.next;
  }
  throw unproven(disassembler, symbol, `no conditional jump among its first ${LONGEST_PROLOGUE} instructions`);
}

/** The error for a site that the machine code does not prove. */
export function unproven(disassembler: Disassembler, symbol: string, why: string): PhptraceError {
  return new PhptraceError(
    `${disassembler.image.name}: cannot prove the probe site in ${symbol}: ${why}: this build of PHP is not supported yet`,
  );
}

export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

function argumentRegister(index: number): Register {
  const register = ARGUMENT_REGISTERS[index];
  if (register === undefined) throw new PhptraceError(`argument ${index} is not passed in a register`);
  return register;
}

function decisionOf({ mnemonic, operands }: Instruction, values: ReadonlyMap<Register, Value>): Test | undefined {
  const [left, right] = operands;
  if (left === undefined || right === undefined) return undefined;
  const holds = left.kind === 'register' ? values.get(left.register) : undefined;
  const constant = right.kind === 'immediate' ? right.value : undefined;
  if (mnemonic === 'test' && holds === 'use_custom_heap' && left.kind === 'register' && right.kind === 'register') {
    return left.register === right.register && left.sizeBytes === 4 ? { decision: 'use_custom_heap' } : undefined;
  }
  if (mnemonic === 'cmp' && constant === 0 && isCustomHeapWord(left, values)) return { decision: 'use_custom_heap' };
  if (typeof holds !== 'number') return undefined;
  if (mnemonic === 'cmp' && constant === MAX_SMALL_SIZE) return { decision: 'size', tested: holds };
  if (mnemonic !== 'test' && mnemonic !== 'and') return undefined;
  return constant === CHUNK_OFFSET_MASK ? { decision: 'chunk_offset', tested: holds } : undefined;
}

/** Lets one instruction change what the registers are known to hold. */
function step(instruction: Instruction, values: Map<Register, Value>, heap: HeapSource): void {
  const { mnemonic, operands, written } = instruction;
  const [to, from] = operands;
  const moved =
    threadValue(instruction, values, heap) ?? (mnemonic === 'mov' ? valueOf(from, values, heap) : undefined);
  for (const register of written) values.delete(register);
  if (to?.kind === 'register' && moved !== undefined) values.set(to.register, moved);
}

function valueOf(from: Operand | undefined, values: ReadonlyMap<Register, Value>, heap: HeapSource): Value | undefined {
  if (from?.kind === 'register' && from.sizeBytes === 8) return values.get(from.register);
  if (from?.kind !== 'memory') return undefined;
  if (isHeapWord(from, values, heap)) return 'heap';
  return isCustomHeapWord(from, values) ? 'use_custom_heap' : undefined;
}

function isHeapWord(from: MemoryOperand, values: ReadonlyMap<Register, Value>, heap: HeapSource): boolean {
  if (!('allocGlobals' in heap) || from.sizeBytes !== 8 || from.isThreads) return false;
  if ('address' in heap.allocGlobals) return from.address === heap.allocGlobals.address;
  if (from.base === undefined || from.displacement !== 0) return false;
  const base = values.get(from.base);
  if (from.index === undefined) return base === 'alloc_globals';
  return from.scale === 1 && areBlockAndOffset(base, values.get(from.index));
}

/** What an instruction makes of the parts of which a thread-safe build puts the heap's place together. */
function threadValue(
  instruction: Instruction,
  values: ReadonlyMap<Register, Value>,
  heap: HeapSource,
): ThreadValue | undefined {
  if (!('allocGlobals' in heap) || heap.storage === null || 'address' in heap.allocGlobals) return undefined;
  if (loadsCacheOffset(instruction, heap.storage)) return 'cache offset';
  const { mnemonic, operands } = instruction;
  const [to, from] = operands;
  let loaded: Value | undefined;
  if (from?.kind === 'memory') {
    const holdsOffset = from.base !== undefined && values.get(from.base) === 'cache offset';
    if (isCacheWord(from, heap.storage, holdsOffset)) loaded = 'block';
    else if (from.address === heap.allocGlobals.offsetAt && from.sizeBytes === 8) loaded = 'offset in block';
  } else if (from?.kind === 'register') loaded = values.get(from.register);
  if (mnemonic === 'mov') return loaded === 'block' || loaded === 'offset in block' ? loaded : undefined;
  const held = to?.kind === 'register' && to.sizeBytes === 8 ? values.get(to.register) : undefined;
  return mnemonic === 'add' && areBlockAndOffset(held, loaded) ? 'alloc_globals' : undefined;
}

function areBlockAndOffset(a: Value | undefined, b: Value | undefined): boolean {
  return (a === 'block' && b === 'offset in block') || (a === 'offset in block' && b === 'block');
}

function isCustomHeapWord(operand: Operand, values: ReadonlyMap<Register, Value>): boolean {
  if (operand.kind !== 'memory' || operand.base === undefined || operand.index !== undefined) return false;
  return values.get(operand.base) === 'heap' && operand.displacement === 0 && operand.sizeBytes === 4;
}

function proven(
  disassembler: Disassembler,
  symbol: string,
  { address, mnemonic, target, next }: Instruction,
  test: Test | undefined,
  values: ReadonlyMap<Register, Value>,
): FirstBranch {
  if (test === undefined) {
    throw unproven(disassembler, symbol, `the jump at ${hex(address)} does not test what the allocator tests there`);
  }
  const heapIn = registerOf('heap', values);
  if (heapIn === undefined) throw unproven(disassembler, symbol, `no register holds the heap at ${hex(address)}`);
  const onZero = mnemonic === 'je' ? target : mnemonic === 'jne' ? next : undefined;
  if (test.decision !== 'size' && onZero === undefined) {
    throw unproven(disassembler, symbol, `${mnemonic} at ${hex(address)} is no test for zero`);
  }
  return {
    symbol,
    address,
    decision: test.decision,
    tested: test.tested,
    ifZero: onZero ?? next,
    heapIn,
    argumentIn: ARGUMENT_REGISTERS.map((_, index) => registerOf(index, values)),
  };
}

/** The argument's own register if it still holds it, else the first one that does. */
function registerOf(value: Value, values: ReadonlyMap<Register, Value>): Register | undefined {
  const own = typeof value === 'number' ? ARGUMENT_REGISTERS[value] : undefined;
  if (own !== undefined && values.get(own) === value) return own;
  for (const [register, held] of values) if (held === value) return register;
  return undefined;
}
