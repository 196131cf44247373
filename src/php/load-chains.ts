import { flowGraph } from './control-flow.js';
import { ARGUMENT_REGISTERS, REGISTERS } from './disassembly.js';
import type { Disassembler, Instruction, MemoryOperand, Operand, Register } from './disassembly.js';

/**
 * What a register holds, told by where it came from: `path` are the offsets dereferenced one after the other, starting
 * at the root; `offset` is then added. `EG(current_execute_data)->func` is root `globals`, path [488, 24], offset 0.
 */
export interface Pointer {
  readonly root: string;
  readonly path: readonly number[];
  readonly offset: number;
}

/** A read or write of memory at `path`: its last number is the offset in the structure that the rest points to. */
export interface Access {
  readonly root: string;
  readonly path: readonly number[];
  readonly sizeBytes: number;
  readonly address: number;
  /** The constant that is stored or compared, where it is one. */
  readonly immediate?: number;
}

export interface CallSite {
  readonly target: number;
  /** What is known of the argument registers, by argument number. */
  readonly arguments: readonly (Pointer | undefined)[];
}

export interface LoadChains {
  /** Reads and writes. */
  readonly accesses: readonly Access[];
  /** Direct calls and tail calls. */
  readonly calls: readonly CallSite[];
  /** Addresses that are computed and not read: `&EG(symbol_table)`. */
  readonly computed: readonly Pointer[];
}

/** A global structure whose members the code names by absolute addresses, or by way of a linkage slot. */
export interface GlobalRoot {
  /** Its symbol, if it has one. */
  readonly root: string;
  readonly address: number;
  readonly sizeBytes: number;
}

/** Deep enough for `EG(current_execute_data)->func->common.scope->name`. */
const LONGEST_PATH = 4;
/** A loop over frames comes by with a longer path each time; an instruction is followed with this many states. */
const STATES_PER_INSTRUCTION = 4;

type Registers = ReadonlyMap<Register, Pointer>;

interface Globals {
  readonly roots: readonly GlobalRoot[];
  readonly slotSymbol: (address: number) => string | undefined;
}

/** `mov rax, [rdi]; add rax, 280` computes an address as `lea` does. */
const ADDRESS_MAKERS: ReadonlySet<string> = new Set(['lea', 'add']);

const CALLER_SAVED: readonly Register[] = ['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11'];

/**
 * Follows the pointers that a function reads: from its arguments (`argument0`, …) and from global structures, through
 * each load. It is a reading of which structure offsets the compiled code uses, path by path; memory is not modelled,
 * so what goes through the stack is lost, never wrong.
 */
export function loadChains(disassembler: Disassembler, entry: number, roots: readonly GlobalRoot[]): LoadChains {
  const globals: Globals = { roots, slotSymbol: (address) => disassembler.image.slotSymbol(address) };
  const graph = flowGraph(disassembler, entry);
  const accesses = new Map<string, Access>();
  const computed = new Map<string, Pointer>();
  const calls: CallSite[] = [];
  const seen = new Map<number, Set<string>>();
  const start = new Map(ARGUMENT_REGISTERS.map((name, index) => [name, origin(`argument${index}`, 0)] as const));
  const pending: { address: number; registers: Registers }[] = [{ address: entry, registers: start }];
  // Breadth first, so that the short paths are there before the limits cut the long ones.
  for (const { address, registers } of pending) {
    const instruction = graph.instructions.get(address);
    if (instruction === undefined || !isNew(seen, address, registers)) continue;
    const { target } = instruction;
    if (target !== undefined && (instruction.flow === 'call' || graph.exits.has(target))) {
      calls.push({ target, arguments: ARGUMENT_REGISTERS.map((name) => registers.get(name)) });
    }
    const access = accessOf(instruction, registers, globals);
    if (access !== undefined) accesses.set(`${address} ${access.root} ${access.path.join()}`, access);
    const next = afterwards(instruction, registers, globals);
    const made = ADDRESS_MAKERS.has(instruction.mnemonic) ? next.get(destination(instruction) ?? 'rsp') : undefined;
    if (made !== undefined) computed.set(keyOf(made), made);
    for (const successor of graph.successors(address)) pending.push({ address: successor, registers: next });
  }
  return { accesses: [...accesses.values()], calls, computed: [...computed.values()] };
}

function origin(root: string, offset: number): Pointer {
  return { root, path: [], offset };
}

function isNew(seen: Map<number, Set<string>>, address: number, registers: Registers): boolean {
  const states = seen.get(address) ?? new Set();
  seen.set(address, states);
  let key = '';
  for (const register of REGISTERS) {
    const held = registers.get(register);
    key += held === undefined ? ';' : `${keyOf(held)};`;
  }
  if (states.has(key) || states.size >= STATES_PER_INSTRUCTION) return false;
  states.add(key);
  return true;
}

function keyOf(pointer: Pointer): string {
  let key = keys.get(pointer);
  if (key === undefined) {
    key = `${pointer.root} ${pointer.path.join()} ${pointer.offset}`;
    keys.set(pointer, key);
  }
  return key;
}

/** A pointer is made once and then copied from register to register. */
const keys = new WeakMap<Pointer, string>();

function accessOf(instruction: Instruction, registers: Registers, globals: Globals): Access | undefined {
  for (const operand of instruction.operands) {
    if (operand.kind !== 'memory' || operand.sizeBytes === 0) continue;
    const place = placeOf(operand, registers, globals);
    if (place === undefined) return undefined;
    const constant = instruction.operands.find((other) => other.kind === 'immediate');
    return {
      root: place.root,
      path: [...place.path, place.offset],
      sizeBytes: operand.sizeBytes,
      address: instruction.address,
      ...(constant?.kind === 'immediate' ? { immediate: constant.value } : {}),
    };
  }
  return undefined;
}

/** The pointer that a memory operand's address is. */
function placeOf(operand: MemoryOperand, registers: Registers, globals: Globals): Pointer | undefined {
  const { address, base, index, displacement } = operand;
  if (address !== undefined) {
    const global = globals.roots.find((one) => address >= one.address && address < one.address + one.sizeBytes);
    return global === undefined ? undefined : origin(global.root, address - global.address);
  }
  const from = base === undefined || index !== undefined ? undefined : registers.get(base);
  return from === undefined ? undefined : { ...from, offset: from.offset + displacement };
}

function afterwards(instruction: Instruction, before: Registers, globals: Globals): Registers {
  const to = destination(instruction);
  const value = to === undefined ? undefined : resultOf(instruction, before, globals);
  const calls = instruction.flow === 'call' || instruction.flow === 'other-call';
  const lost = (calls ? CALLER_SAVED : instruction.written).filter((register) => before.has(register));
  if (lost.length === 0 && value === undefined) return before;
  const after = new Map(before);
  for (const register of lost) after.delete(register);
  if (to !== undefined && value !== undefined) after.set(to, value);
  return after;
}

function destination({ operands: [to] }: Instruction): Register | undefined {
  return to?.kind === 'register' && to.sizeBytes === 8 ? to.register : undefined;
}

function resultOf(instruction: Instruction, registers: Registers, globals: Globals): Pointer | undefined {
  const [to, from] = instruction.operands;
  if (to === undefined || from === undefined) return undefined;
  switch (instruction.mnemonic) {
    case 'mov':
      return from.kind === 'register' ? wholeRegister(from, registers) : loaded(from, registers, globals);
    case 'lea':
      return from.kind === 'memory' ? placeOf(from, registers, globals) : undefined;
    case 'add': {
      const held = wholeRegister(to, registers);
      return held === undefined || from.kind !== 'immediate'
        ? undefined
        : { ...held, offset: held.offset + from.value };
    }
    default:
      return undefined;
  }
}

function wholeRegister(operand: Operand, registers: Registers): Pointer | undefined {
  return operand.kind === 'register' && operand.sizeBytes === 8 ? registers.get(operand.register) : undefined;
}

function loaded(from: Operand, registers: Registers, globals: Globals): Pointer | undefined {
  if (from.kind !== 'memory' || from.sizeBytes !== 8) return undefined;
  const symbol = from.address === undefined ? undefined : globals.slotSymbol(from.address);
  if (symbol !== undefined) return globals.roots.some(({ root }) => root === symbol) ? origin(symbol, 0) : undefined;
  const place = placeOf(from, registers, globals);
  if (place === undefined || place.path.length >= LONGEST_PATH) return undefined;
  return { root: place.root, path: [...place.path, place.offset], offset: 0 };
}
