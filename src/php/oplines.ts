import type { EngineLayout } from './engine-layout.js';
import type { FunctionInfo } from './frames.js';
import type { ProcessMemory } from './memory.js';

/** Opcodes that have kept their numbers from 7.4 to 8.5 (Zend/zend_vm_opcodes.h). */
const NOP = 0;
const JMP = 42;
const JMPZ = 43;
const JMPNZ = 44;
const JMPZ_EX = 46;
const JMPNZ_EX = 47;
const RETURN = 62;
const RECV = 63;
const RECV_INIT = 64;
const EXT_STMT = 101;
const EXT_NOP = 104;
const GENERATOR_CREATE = 139;
const DECLARE_LAMBDA_FUNCTION = 142;

/** Longest function whose oplines are read. */
const MAX_OPLINES = 1 << 20;

/** One instruction of PHP's virtual machine. */
export interface Opline {
  readonly address: number;
  readonly opcode: number;
  readonly line: number;
  /** Where it jumps to, for jumps. */
  readonly target?: number;
}

/** A loop statement, by the jump that closes it. */
export interface LoopStatement {
  readonly first: number;
  readonly last: number;
}

/** The instructions of a function. @throws UnreadableMemory */
export function readOplines(memory: ProcessMemory, layout: EngineLayout, { opcodes, oplines }: FunctionInfo): Opline[] {
  const { zendOp } = layout;
  const count = Math.min(oplines, MAX_OPLINES);
  const view = memory.read(opcodes, count * zendOp.sizeBytes);
  return Array.from({ length: count }, (_, index) => {
    const at = index * zendOp.sizeBytes;
    const address = opcodes + at;
    const opcode = view.getUint8(at + zendOp.opcode);
    const line = view.getUint32(at + zendOp.lineno, true);
    const operand = jumpOperand(layout, opcode);
    if (operand === undefined) return { address, opcode, line };
    // A jump's operand is its distance in bytes (Zend/zend_compile.h: OP_JMP_ADDR without ZEND_USE_ABS_JMP_ADDR).
    return { address, opcode, line, target: address + view.getInt32(at + operand, true) };
  });
}

/**
 * The first instruction that every call passes. Calls skip the RECVs of arguments they were given, so neither those
 * nor RECV_INITs are passed by all. A generator begins where it is first resumed, in the frame that lasts.
 */
export function entryOpline(oplines: readonly Opline[]): Opline | undefined {
  const created = oplines.findIndex(({ opcode }) => opcode === GENERATOR_CREATE);
  if (created >= 0) return oplines[created + 1];
  return oplines.find(({ opcode }) => opcode !== RECV && opcode !== RECV_INIT);
}

/** True where a jump inside the function leads to this instruction too. */
export function isJumpTarget(oplines: readonly Opline[], { address }: Opline): boolean {
  return oplines.some(({ target }) => target === address);
}

/** True for a function that does nothing but return: a marker like the seed's trackerHookMalloc(). */
export function isMarker(oplines: readonly Opline[]): boolean {
  const entry = oplines.find(({ opcode }) => ![RECV, RECV_INIT, NOP, EXT_STMT, EXT_NOP].includes(opcode));
  return entry?.opcode === RETURN;
}

/** True where a closure is made at this line: the line then means the closure and not the statement that makes it. */
export function declaresClosure(oplines: readonly Opline[], line: number): boolean {
  return oplines.some((opline) => opline.opcode === DECLARE_LAMBDA_FUNCTION && opline.line === line);
}

/** The loop statements of a function, each from the target of a backward jump to that jump. */
export function loopStatements(oplines: readonly Opline[]): LoopStatement[] {
  const first = oplines[0]?.address ?? 0;
  return oplines.flatMap(({ address, target }) =>
    target !== undefined && target <= address && target >= first ? [{ first: target, last: address }] : [],
  );
}

function jumpOperand({ zendOp }: EngineLayout, opcode: number): number | undefined {
  if (opcode === JMP) return zendOp.op1;
  return [JMPZ, JMPNZ, JMPZ_EX, JMPNZ_EX].includes(opcode) ? zendOp.op2 : undefined;
}
