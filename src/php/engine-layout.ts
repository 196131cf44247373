import { PhptraceError } from '../errors.js';
import type { CodeImage } from './code-image.js';
import type { Disassembler } from './disassembly.js';
import { EngineCode, GLOBALS } from './engine-code.js';
import { EngineReader } from './engine-reader.js';
import { ProofBook } from './layout-proof.js';
import type { LayoutProof } from './layout-proof.js';
import { findThreadStorage, placeOfGlobal } from './thread-storage.js';
import type { GlobalPlace } from './thread-storage.js';
import { engineVersion, oldestKnown } from './versions.js';
import type { EngineVersion } from './versions.js';

/** Offsets in PHP's structures, in bytes, for one build. */
export interface EngineLayout {
  /** `8.2.36`. */
  readonly version: string;
  /** Where `executor_globals` is. */
  readonly executorGlobals: GlobalPlace;
  /** zend_executor_globals. symbolTable and includedFiles are HashTables, the other tables point to one. */
  readonly eg: {
    readonly symbolTable: number;
    readonly includedFiles: number;
    readonly functionTable: number;
    readonly classTable: number;
    readonly vmStackTop: number;
    readonly vmStackEnd: number;
    readonly vmStack: number;
    readonly currentExecuteData: number;
  };
  readonly executeData: {
    readonly opline: number;
    readonly call: number;
    readonly returnValue: number;
    readonly func: number;
    readonly this: number;
    readonly prev: number;
  };
  /** What zend_op_array and zend_internal_function begin with. */
  readonly func: {
    readonly type: number;
    readonly fnFlags: number;
    readonly functionName: number;
    readonly scope: number;
    readonly numArgs: number;
    readonly requiredNumArgs: number;
  };
  readonly opArray: {
    readonly refcount: number;
    readonly last: number;
    readonly opcodes: number;
    readonly filename: number;
    readonly lineStart: number;
  };
  /** zend_class_entry; functionTable is a HashTable in it. */
  readonly classEntry: { readonly name: number; readonly functionTable: number; readonly filename: number };
  readonly zendOp: {
    readonly sizeBytes: number;
    readonly handler: number;
    readonly op1: number;
    readonly op2: number;
    readonly result: number;
    readonly extendedValue: number;
    readonly lineno: number;
    readonly opcode: number;
  };
  readonly zendString: { readonly len: number; readonly val: number };
  readonly hashTable: {
    readonly flags: number;
    readonly nTableMask: number;
    readonly arData: number;
    readonly nNumUsed: number;
    /** This bit of flags says that the elements are a packed list, of packedElementBytes each. */
    readonly packedFlag: number;
    readonly packedElementBytes: number;
  };
  readonly bucket: { readonly sizeBytes: number; readonly h: number; readonly key: number };
  readonly proofs: readonly LayoutProof[];
}

/** The same from PHP 7.4 to 8.5 (Zend/zend_compile.h, Zend/zend_types.h, Zend/zend.h), checked on a build of each. */
const ALWAYS = {
  executeData: { call: 8, returnValue: 16, this: 32 },
  func: { type: 0, fnFlags: 4, numArgs: 32, requiredNumArgs: 36 },
  classFunctionTable: 64,
  zendOp: { sizeBytes: 32, handler: 0, op1: 8, op2: 12, result: 16, extendedValue: 20, opcode: 28 },
  zendString: { len: 16, val: 24 },
  hashTable: { flags: 8, nTableMask: 12, arData: 16, nNumUsed: 24, packedFlag: 4 },
  bucket: { sizeBytes: 32, h: 16, key: 24 },
} as const;

/**
 * Derives the engine's layout from the machine code of exported functions, and takes from the table of versions what
 * they do not show. Where both exist and differ, the code wins and the proof says so.
 *
 * @param version as `detectVersion` or the process tells it: `8.2.36`.
 * @throws PhptraceError for a minor version that the table lacks, and a field that code and table
 * leave open.
 */
export function deriveEngineLayout(disassembler: Disassembler, version: string): EngineLayout {
  const { image } = disassembler;
  const globals = placeOfGlobal(image, GLOBALS);
  if (globals === undefined) throw noGlobals(image);
  const known = engineVersion(version);
  if (known === undefined) {
    const oldest = oldestKnown(version);
    if (oldest !== undefined) {
      throw new PhptraceError(
        `${image.name} is PHP ${version}, and the oldest that can be looked at is ${oldest}: upgrade it`,
      );
    }
    throw new PhptraceError(
      `${image.name}: the structures of PHP ${version} are not known: add a row to src/php/versions.ts, see docs/`,
    );
  }
  const book = new ProofBook(`${image.name}: PHP ${version}`);
  if ('address' in globals) book.note('executorGlobals', globals.address, `the symbol ${GLOBALS}`);
  else book.note('executorGlobals.offsetAt', globals.offsetAt, `the symbol ${GLOBALS}_offset`);
  const code = new EngineCode(disassembler, findThreadStorage(disassembler));
  return layoutOf(version, globals, new EngineReader(code, book, known), book, known);
}

function layoutOf(
  version: string,
  executorGlobals: GlobalPlace,
  reader: EngineReader,
  book: ProofBook,
  known: EngineVersion,
): EngineLayout {
  const stack = reader.vmStack();
  const frame = reader.executeData();
  const opArray = reader.opArray(frame);
  noteGroups(book, known.classFilename);
  return {
    version,
    executorGlobals,
    eg: { ...reader.tables(), ...stack, currentExecuteData: frame.currentExecuteData },
    executeData: { ...ALWAYS.executeData, opline: frame.opline, func: frame.func, prev: frame.prev },
    func: { ...ALWAYS.func, ...reader.names(frame) },
    opArray: {
      ...opArray,
      lineStart: book.note('opArray.lineStart', opArray.filename + 8, 'the word after filename in every version'),
    },
    classEntry: {
      name: reader.className(frame),
      functionTable: ALWAYS.classFunctionTable,
      filename: known.classFilename,
    },
    zendOp: { ...ALWAYS.zendOp, lineno: frame.lineno },
    zendString: ALWAYS.zendString,
    hashTable: { ...ALWAYS.hashTable, packedElementBytes: reader.packedElementBytes() },
    bucket: ALWAYS.bucket,
    proofs: book.proofs,
  };
}

function noteGroups(book: ProofBook, classFilename: number): void {
  const why = 'the same from 7.4 to 8.5, checked on a build of each';
  for (const [group, fields] of Object.entries(ALWAYS)) {
    if (typeof fields === 'number') book.note('classEntry.functionTable', fields, why);
    else for (const [field, value] of Object.entries(fields)) book.note(`${group}.${field}`, value, why);
  }
  book.note('classEntry.filename', classFilename, 'from the table of versions');
}

function noGlobals(image: CodeImage): PhptraceError {
  return new PhptraceError(
    `${image.name} has no symbol ${GLOBALS}: it is no PHP, or PHP was linked without exported symbols`,
  );
}
