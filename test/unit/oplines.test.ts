import test from 'ava';
import { entryBoundary } from '../../src/live/hook-resolver.js';
import type { EngineLayout } from '../../src/php/engine-layout.js';
import type { FunctionInfo } from '../../src/php/frames.js';
import { ProcessMemory, UnreadableMemory } from '../../src/php/memory.js';
import { declaresClosure, entryOpline, isMarker, loopStatements, readOplines } from '../../src/php/oplines.js';
import type { Opline } from '../../src/php/oplines.js';

/** Zend/zend_vm_opcodes.h. */
const OPCODE = {
  NOP: 0,
  JMP: 42,
  JMPZ: 43,
  JMPNZ: 44,
  JMPZ_EX: 46,
  JMPNZ_EX: 47,
  INIT_FCALL: 61,
  RETURN: 62,
  RECV: 63,
  RECV_INIT: 64,
  FE_FETCH_R: 78,
  EXT_STMT: 101,
  EXT_NOP: 104,
  ECHO: 136,
  DECLARE_LAMBDA_FUNCTION: 142,
  RECV_VARIADIC: 164,
} as const;
type OpcodeName = keyof typeof OPCODE;

const OPCODES_AT = 0x7f00_0000_4000;
const SIZE = 32;

test('an instruction has its address, opcode and line', (t) => {
  t.deepEqual(compile(['ECHO', { line: 7 }], ['RETURN', { line: 4_000_000_000 }]), [
    { address: OPCODES_AT, opcode: OPCODE.ECHO, line: 7 },
    { address: OPCODES_AT + SIZE, opcode: OPCODE.RETURN, line: 4_000_000_000 },
  ]);
});

for (const name of ['JMP', 'JMPZ', 'JMPNZ', 'JMPZ_EX', 'JMPNZ_EX'] as const) {
  test(`${name} has its target, forwards and backwards`, (t) => {
    const [forwards, , backwards] = compile([name, { to: 2 }], ['ECHO'], [name, { to: 0 }]);
    t.is(forwards?.target, OPCODES_AT + 2 * SIZE);
    t.is(backwards?.target, OPCODES_AT);
  });
}

test('what does not jump has no target, whatever its operands hold', (t) => {
  for (const opline of compile(['ECHO', { to: 0 }], ['RECV', { to: 0 }])) t.false('target' in opline);
});

test('code that is not mapped any more is told', (t) => {
  const opcodes = OPCODES_AT + 4096;
  t.throws(() => readOplines(memoryOf([]), LAYOUT, functionAt(opcodes, 1)), { instanceOf: UnreadableMemory });
});

test('a function that PHP still compiles has no boundary yet: its oplines move', (t) => {
  const memory = memoryOf([['ECHO'], ['RETURN']]);
  const engine = { memory, layout: LAYOUT, executorGlobals: 0 };
  const func = functionAt(OPCODES_AT, 2);
  t.is(entryBoundary(engine, { ...func, isCompiled: false }), undefined);
  const boundary = { kind: 'opline', opline: OPCODES_AT, extent: 'frame', isTurn: false };
  t.deepEqual<unknown, unknown>(entryBoundary(engine, func), boundary);
});

test('a function without instructions has no entry', (t) => {
  t.is(entryOpline(compile()), undefined);
});

test('the entry is the first instruction', (t) => {
  t.is(entryOpline(compile(['ECHO'], ['RETURN']))?.address, OPCODES_AT);
});

test('arguments that a call was given are received by no instruction, so the entry lies behind them', (t) => {
  const oplines = compile(['RECV'], ['RECV'], ['RECV_INIT'], ['INIT_FCALL'], ['RETURN']);
  t.is(entryOpline(oplines)?.address, OPCODES_AT + 3 * SIZE);
});

test('a variadic argument is received in every call, so it is the entry', (t) => {
  const oplines = compile(['RECV'], ['RECV_VARIADIC'], ['ECHO'], ['RETURN']);
  t.is(entryOpline(oplines)?.address, OPCODES_AT + SIZE);
});

test('a function that only returns is a marker', (t) => {
  t.true(isMarker(compile(['RETURN'])));
});

test('a marker may have arguments, and what debuggers and optimisers leave behind', (t) => {
  t.true(isMarker(compile(['RECV'], ['RECV_INIT'], ['EXT_NOP'], ['NOP'], ['EXT_STMT'], ['RETURN'])));
});

test('a function that does anything is no marker', (t) => {
  t.false(isMarker(compile(['ECHO'], ['RETURN'])));
  t.false(isMarker(compile(['RECV'], ['INIT_FCALL'], ['RETURN'], ['RETURN'])));
  t.false(isMarker(compile(['RECV_VARIADIC'], ['RETURN'])));
  t.false(isMarker(compile()));
});

test('a loop statement reaches from the target of a jump back to that jump', (t) => {
  // while (cond) { echo; }
  const oplines = compile(['JMP', { to: 2 }], ['ECHO'], ['JMPNZ', { to: 1 }], ['RETURN']);
  t.deepEqual(loopStatements(oplines), [{ first: OPCODES_AT + SIZE, last: OPCODES_AT + 2 * SIZE }]);
});

test('a loop that is closed by a plain jump is one too', (t) => {
  // while (true) { if (cond) break; echo; }, optimised
  const oplines = compile(['JMPZ', { to: 3 }], ['ECHO'], ['JMP', { to: 0 }], ['RETURN']);
  t.deepEqual(loopStatements(oplines), [{ first: OPCODES_AT, last: OPCODES_AT + 2 * SIZE }]);
});

test('loops inside of loops are told apart', (t) => {
  const oplines = compile(['ECHO'], ['ECHO'], ['JMPNZ', { to: 1 }], ['JMP', { to: 0 }], ['RETURN']);
  t.deepEqual(loopStatements(oplines), [
    { first: OPCODES_AT + SIZE, last: OPCODES_AT + 2 * SIZE },
    { first: OPCODES_AT, last: OPCODES_AT + 3 * SIZE },
  ]);
});

test('an instruction that jumps to itself is a loop of one', (t) => {
  const oplines = compile(['ECHO'], ['JMP', { to: 1 }]);
  t.deepEqual(loopStatements(oplines), [{ first: OPCODES_AT + SIZE, last: OPCODES_AT + SIZE }]);
});

test('if and else are no loops', (t) => {
  t.deepEqual(loopStatements(compile(['JMPZ', { to: 3 }], ['ECHO'], ['JMP', { to: 4 }], ['ECHO'], ['RETURN'])), []);
});

test('a jump out of the function is no loop', (t) => {
  t.deepEqual(loopStatements(compile(['ECHO'], ['JMP', { to: -3 }])), []);
  t.deepEqual(loopStatements([]), []);
});

test('a line that makes a closure is told from the lines around it', (t) => {
  const oplines = compile(['ECHO', { line: 3 }], ['DECLARE_LAMBDA_FUNCTION', { line: 4 }], ['ECHO', { line: 5 }]);
  t.true(declaresClosure(oplines, 4));
  t.false(declaresClosure(oplines, 3));
  t.false(declaresClosure(oplines, 5));
});

type Instruction = readonly [name: OpcodeName, details?: { readonly line?: number; readonly to?: number }];

/** Instructions as the engine lays them out and as they are read back; `to` is the place of a jump's target. */
function compile(...instructions: readonly Instruction[]): Opline[] {
  return readOplines(memoryOf(instructions), LAYOUT, functionAt(OPCODES_AT, instructions.length));
}

function memoryOf(instructions: readonly Instruction[]): ProcessMemory {
  const code = new DataView(new ArrayBuffer(instructions.length * SIZE));
  instructions.forEach(([name, { line = 1, to } = {}], index) => {
    const at = index * SIZE;
    code.setUint8(at + LAYOUT.zendOp.opcode, OPCODE[name]);
    code.setUint32(at + LAYOUT.zendOp.lineno, line, true);
    // A JMP has its target in op1; conditional jumps have what they test there.
    const { op1, op2 } = LAYOUT.zendOp;
    code.setInt32(at + (name === 'JMP' ? op2 : op1), 0x60, true);
    if (to !== undefined) code.setInt32(at + (name === 'JMP' ? op1 : op2), (to - index) * SIZE, true);
  });
  return new CodeMemory(code);
}

/** A process whose memory is one function's code. */
class CodeMemory extends ProcessMemory {
  constructor(private readonly code: DataView) {
    super(0);
  }

  override read(address: number, lengthBytes: number): DataView {
    const from = address - OPCODES_AT;
    if (from < 0 || from + lengthBytes > this.code.byteLength) throw new UnreadableMemory(address, this.pid);
    return new DataView(this.code.buffer, from, lengthBytes);
  }
}

/** What of the layout describes an instruction (Zend/zend_compile.h: struct _zend_op). */
const LAYOUT = {
  zendOp: { sizeBytes: SIZE, handler: 0, op1: 8, op2: 12, result: 16, extendedValue: 20, lineno: 24, opcode: 28 },
} as EngineLayout;

function functionAt(opcodes: number, oplines: number): FunctionInfo {
  const names = { name: 'f', className: null, file: '/f.php' };
  return { func: 0x7f00_0000_1000, ...names, lineStart: 1, isCompiled: true, opcodes, oplines };
}
