import type { CodeImage } from './code-image.js';
import { flowGraph } from './control-flow.js';
import { ARGUMENT_REGISTERS, REGISTERS } from './disassembly.js';
import type { Disassembler, Instruction, MemoryOperand, Operand, Register } from './disassembly.js';
import { isCacheWord, loadsCacheOffset } from './thread-storage.js';
import type { GlobalPlace, ThreadStorage } from './thread-storage.js';
import { THREAD_VARIABLES, variablesByModule, variablesBySlot } from './thread-variables.js';

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

/** An indirect call or jump, with what one way that leads there has in the registers. */
export interface IndirectSite {
  readonly instruction: Instruction;
  readonly registers: ReadonlyMap<Register, Pointer>;
}

export interface LoadChains {
  /** Reads and writes. */
  readonly accesses: readonly Access[];
  /** Direct calls and tail calls. */
  readonly calls: readonly CallSite[];
  /** Calls and jumps through a register or memory, once for each way that was followed. */
  readonly indirect: readonly IndirectSite[];
  /** Addresses that are computed and not read: `&EG(symbol_table)`. */
  readonly computed: readonly Pointer[];
}

/**
 * A global structure whose members the code names by absolute addresses, by way of a linkage slot, or by its offset in
 * the thread's block. `root` is its symbol, if it has one.
 */
export type GlobalRoot = { readonly root: string } & GlobalPlace;

/** The root of a structure in the thread's block that is no GlobalRoot, by the word that holds its offset. */
export function threadRoot(offsetAt: number): string {
  return `${THREAD_ROOT}${offsetAt.toString(16)}`;
}

/** The word of a `threadRoot`; undefined for any other root. */
export function offsetWordOf(root: string): number | undefined {
  return root.startsWith(THREAD_ROOT) ? parseInt(root.slice(THREAD_ROOT.length), 16) : undefined;
}

const THREAD_ROOT = 'thread block+';
/** What code puts together to reach such a structure: the cache's offset, the block, a structure's offset in it. */
const CACHE_OFFSET = 'offset of the cache';
const BLOCK = 'thread block';
const WORD = 'word ';

/** Deep enough for `EG(current_execute_data)->func->common.scope->name`. */
const LONGEST_PATH = 4;
/** A loop over frames comes by with a longer path each time; an instruction is followed with this many states. */
const STATES_PER_INSTRUCTION = 4;

type Registers = ReadonlyMap<Register, Pointer>;

interface Globals {
  readonly roots: readonly GlobalRoot[];
  /** Null where the globals are not in threads' blocks. */
  readonly storage: ThreadStorage | null;
  readonly image: CodeImage;
  /** Whether variables of the thread's own are followed, each `__thread` of C. */
  readonly withThreads: boolean;
}

/** `mov rax, [rdi]; add rax, 280` computes an address as `lea` does. */
const ADDRESS_MAKERS: ReadonlySet<string> = new Set(['lea', 'add']);

const CALLER_SAVED: readonly Register[] = ['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11'];

/**
 * Follows the pointers that a function reads: from its arguments (`argument0`, …) and from global structures, through
 * each load. It is a reading of which structure offsets the compiled code uses, path by path; memory is not modelled,
 * so what goes through the stack is lost, never wrong.
 */
export function loadChains(
  disassembler: Disassembler,
  entry: number,
  roots: readonly GlobalRoot[],
  storage: ThreadStorage | null = null,
): LoadChains {
  return follow(disassembler, entry, { roots, storage, image: disassembler.image, withThreads: false });
}

/** The root of all static data: offsets are addresses of the ELF file. */
export const STATIC_DATA = 'static data';

/** Follows what a function reads from its arguments, from static data, and from variables of the thread's own. */
export function variableChains(disassembler: Disassembler, entry: number): LoadChains {
  const roots = [{ root: STATIC_DATA, address: 0, sizeBytes: 2 ** 47 }];
  return follow(disassembler, entry, { roots, storage: null, image: disassembler.image, withThreads: true });
}

function follow(disassembler: Disassembler, entry: number, globals: Globals): LoadChains {
  const graph = flowGraph(disassembler, entry);
  const accesses = new Map<string, Access>();
  const computed = new Map<string, Pointer>();
  const calls: CallSite[] = [];
  const indirect: IndirectSite[] = [];
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
    if (instruction.flow === 'other-call' || instruction.flow === 'other-jump') {
      indirect.push({ instruction, registers });
    }
    const access = accessOf(instruction, registers, globals);
    if (access !== undefined) accesses.set(`${address} ${access.root} ${access.path.join()}`, access);
    const next = afterwards(instruction, registers, globals);
    const made = ADDRESS_MAKERS.has(instruction.mnemonic) ? next.get(destination(instruction) ?? 'rsp') : undefined;
    if (made !== undefined) computed.set(keyOf(made), made);
    for (const successor of graph.successors(address)) pending.push({ address: successor, registers: next });
  }
  return { accesses: [...accesses.values()], calls, indirect, computed: [...computed.values()] };
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
  if (operand.isThreads) return globals.withThreads ? threadVariable(operand, registers) : undefined;
  if (address !== undefined) return staticPlace(address, globals);
  if (base !== undefined && index !== undefined && operand.scale === 1) {
    const global = inBlock(registers.get(base), registers.get(index), globals);
    return global && { ...global, offset: global.offset + displacement };
  }
  const from = base === undefined || index !== undefined ? undefined : registers.get(base);
  return from === undefined ? undefined : { ...from, offset: from.offset + displacement };
}

function staticPlace(address: number, { roots }: Globals): Pointer | undefined {
  for (const one of roots) {
    if ('offsetAt' in one) continue;
    if (address >= one.address && address < one.address + one.sizeBytes) return origin(one.root, address - one.address);
  }
  return undefined;
}

/** `fs:[-0xd8]`, or `fs:[rax]` where rax has been loaded from a linkage slot. */
function threadVariable({ base, index, displacement }: MemoryOperand, registers: Registers): Pointer | undefined {
  if (index !== undefined) return undefined;
  if (base === undefined) return origin(THREAD_VARIABLES, displacement);
  const distance = registers.get(base);
  const [slot, ...deeper] = distance?.root === STATIC_DATA ? distance.path : [];
  if (distance === undefined || slot === undefined || deeper.length > 0) return undefined;
  return origin(variablesBySlot(slot), distance.offset + displacement);
}

/** What `__tls_get_addr` returns: a library may be given its variables so late that no distance is fixed. */
function foundVariables({ target }: Instruction, registers: Registers, { image }: Globals): Pointer | undefined {
  const pair = registers.get('rdi');
  if (pair?.root !== STATIC_DATA || pair.path.length > 0) return undefined;
  const isAsked = target !== undefined && image.stubSymbol(target) === '__tls_get_addr';
  return isAsked ? origin(variablesByModule(pair.offset), 0) : undefined;
}

/** What the block and an offset in it, in either order, add up to. */
function inBlock(a: Pointer | undefined, b: Pointer | undefined, { roots }: Globals): Pointer | undefined {
  const [block, word] = a?.root === BLOCK ? [a, b] : [b, a];
  if (block?.root !== BLOCK || block.path.length > 0 || word?.root.startsWith(WORD) !== true) return undefined;
  const offsetAt = Number(word.root.slice(WORD.length));
  const root = roots.find((one) => 'offsetAt' in one && one.offsetAt === offsetAt)?.root ?? threadRoot(offsetAt);
  return origin(root, block.offset + word.offset);
}

function afterwards(instruction: Instruction, before: Registers, globals: Globals): Registers {
  const to = destination(instruction);
  const value = to === undefined ? undefined : resultOf(instruction, before, globals);
  const calls = instruction.flow === 'call' || instruction.flow === 'other-call';
  const lost = (calls ? CALLER_SAVED : instruction.written).filter((register) => before.has(register));
  if (lost.length === 0 && value === undefined) return before;
  const after = new Map(before);
  for (const register of lost) after.delete(register);
  const found = calls && globals.withThreads ? foundVariables(instruction, before, globals) : undefined;
  if (found !== undefined) after.set('rax', found);
  if (to !== undefined && value !== undefined) after.set(to, value);
  return after;
}

function destination({ operands: [to] }: Instruction): Register | undefined {
  return to?.kind === 'register' && to.sizeBytes === 8 ? to.register : undefined;
}

function resultOf(instruction: Instruction, registers: Registers, globals: Globals): Pointer | undefined {
  const [to, from] = instruction.operands;
  if (to === undefined || from === undefined) return undefined;
  const { storage } = globals;
  if (storage !== null && loadsCacheOffset(instruction, storage)) return origin(CACHE_OFFSET, 0);
  switch (instruction.mnemonic) {
    case 'mov':
      return from.kind === 'register' ? wholeRegister(from, registers) : loaded(from, registers, globals);
    case 'lea':
      return from.kind === 'memory' ? placeOf(from, registers, globals) : undefined;
    case 'add': {
      const held = wholeRegister(to, registers);
      const other = from.kind === 'memory' ? loaded(from, registers, globals) : wholeRegister(from, registers);
      if (other !== undefined) return inBlock(held, other, globals);
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
  if (globals.storage !== null) {
    const holdsOffset = from.base !== undefined && registers.get(from.base)?.root === CACHE_OFFSET;
    if (isCacheWord(from, globals.storage, holdsOffset)) return origin(BLOCK, 0);
  }
  const symbol = from.address === undefined ? undefined : globals.image.slotSymbol(from.address);
  if (symbol !== undefined) return globals.roots.some(({ root }) => root === symbol) ? origin(symbol, 0) : undefined;
  const place = placeOf(from, registers, globals);
  if (place === undefined && globals.storage !== null && from.address !== undefined) {
    return origin(`${WORD}${String(from.address)}`, 0);
  }
  if (place === undefined || place.path.length >= LONGEST_PATH) return undefined;
  // The thread pointer points to itself (psABI): by that the linker replaces a call of __tls_get_addr.
  if (place.root === THREAD_VARIABLES && place.path.length === 0 && place.offset === 0) return place;
  return { root: place.root, path: [...place.path, place.offset], offset: 0 };
}
