import type { EngineCode } from './engine-code.js';
import type { EngineLayout } from './engine-layout.js';
import type { ProofBook } from './layout-proof.js';
import type { Access } from './load-chains.js';
import type { StructuresVersion } from './structure-versions.js';
import type { Structures } from './structures.js';

/** The same from PHP 7.4 to 8.5 (Zend/zend.h, Zend/zend_compile.h), checked on a build of each. */
const CLASS_ENTRY = {
  type: 0,
  parent: 16,
  flags: 28,
  defaultPropertiesCount: 32,
  defaultStaticMembersCount: 36,
  defaultPropertiesTable: 40,
  defaultStaticMembersTable: 48,
  staticMembersTable: 56,
  propertiesInfo: 120,
  constantsTable: 176,
} as const;
const PROPERTY_INFO = { offset: 0, flags: 4, name: 8, staticFlag: 16 } as const;
const ALWAYS = 'the same from 7.4 to 8.5';

/** Reads offsets of op_arrays, classes, closures and the other objects that a snapshot follows, each with its proof. */
export class StructureReader {
  constructor(
    readonly code: EngineCode,
    readonly book: ProofBook,
    readonly known: StructuresVersion,
    readonly engine: EngineLayout,
  ) {}

  /** pass_two and destroy_op_array read the members of their argument. */
  opArray(sizeBytes: number): Structures['opArray'] {
    const { book, known, engine } = this;
    const { refcount, last, opcodes } = engine.opArray;
    const passed = this.#members('pass_two', 4);
    const destroyed = this.#members('destroy_op_array', 4);
    const common = new Set([engine.func.fnFlags, engine.func.numArgs, last]);
    const both = [...new Set(passed)].filter((at) => destroyed.includes(at) && !common.has(at)).sort((a, b) => a - b);
    const [lastVar, lastLiteral] = both.length === 2 ? both.map((at) => [at]) : [[], []];
    const ints = {
      lastVar: book.oneOrKnown('opArray.lastVar', lastVar ?? [], COUNTS, known.opArray.lastVar),
      lastLiteral: book.oneOrKnown('opArray.lastLiteral', lastLiteral ?? [], COUNTS, known.opArray.lastLiteral),
    };
    for (const value of Object.values(ints)) common.add(value);
    const pointers = this.#members('destroy_op_array', 8);
    const vars = refcount - 8;
    const literals = book.oneOrKnown(
      'opArray.literals',
      this.code
        .argumentsOf('pass_two')
        .filter(({ root, path, offset }) => root === 'argument0' && path.length === 1 && offset === 0)
        .flatMap(({ path }) => path)
        .filter((at) => at !== opcodes && at !== vars),
      'pass_two frees it after moving it behind the opcodes',
      known.opArray.literals,
    );
    return {
      fnFlags: engine.func.fnFlags,
      ...ints,
      vars: book.note('opArray.vars', vars, 'the word before refcount, which pass_two resizes'),
      staticVariables: book.oneOrKnown(
        'opArray.staticVariables',
        pointers.filter((at) => at === refcount - 16),
        'destroy_op_array destroys the table behind it, two words before refcount',
        refcount - 16,
      ),
      staticVariablesPtr: book.note('opArray.staticVariablesPtr', refcount - 24, 'the word before staticVariables'),
      temporaries: book.oneOrKnown(
        'opArray.temporaries',
        passed.filter((at) => !common.has(at)),
        'pass_two takes room for the run-time cache of observers there',
        known.opArray.temporaries,
      ),
      literals,
      runTimeCache: book.oneOrKnown(
        'opArray.runTimeCache',
        this.#members('zend_init_func_run_time_cache', 8),
        'zend_init_func_run_time_cache makes what it points to',
        known.opArray.runTimeCache,
      ),
      ...this.#dynamicFunctions(
        pointers.filter((at) => at === literals + 8),
        destroyed.filter((at) => !common.has(at)),
      ),
      sizeBytes,
    };
  }

  classEntry(): Structures['classEntry'] {
    const shown = new Set(this.#members('zend_class_init_statics', 4, 8));
    const properties = this.#argumentMembers('zend_get_property_info', 'argument0');
    const constants = this.#argumentMembers('zend_get_class_constant_ex', 'argument2');
    for (const [field, value] of Object.entries(CLASS_ENTRY)) {
      let proof = shown.has(value) ? `${ALWAYS}, and zend_class_init_statics reads it` : ALWAYS;
      if (properties.includes(value)) proof = `${ALWAYS}, and zend_get_property_info searches it`;
      if (constants.includes(value)) proof = `${ALWAYS}, and zend_get_class_constant_ex searches it`;
      this.book.note(`classEntry.${field}`, value, proof);
    }
    return { ...CLASS_ENTRY, mutableData: this.#mutableData() };
  }

  propertyInfo(): Structures['propertyInfo'] {
    for (const [field, value] of Object.entries(PROPERTY_INFO)) this.book.note(`propertyInfo.${field}`, value, ALWAYS);
    const ce = this.book.note('propertyInfo.ce', this.known.propertyInfoCe, TABLE);
    return { ...PROPERTY_INFO, ce };
  }

  /** What zend_get_closure_method_def and zend_get_closure_this_ptr return are places in the closure. */
  closure(): Structures['closure'] {
    const made = (symbol: string): number[] =>
      this.code
        .computed(symbol)
        .filter(({ root, offset }) => root === 'argument0' && offset > 0)
        .map(({ offset }) => offset);
    const func = this.book.oneOrKnown(
      'closure.func',
      made('zend_get_closure_method_def'),
      'zend_get_closure_method_def returns its address',
      56,
    );
    const thisPtr = this.book.oneOrKnown(
      'closure.thisPtr',
      made('zend_get_closure_this_ptr'),
      'zend_get_closure_this_ptr returns its address',
      func + this.known.opArray.sizeBytes,
    );
    return {
      func,
      thisPtr,
      calledScope: this.book.note('closure.calledScope', thisPtr + 16, 'the word after thisPtr in every version'),
    };
  }

  /** A closure holds a whole zend_function, of which the op_array is the largest: its size is the distance. */
  opArrayBytes({ func, thisPtr }: Structures['closure']): number {
    return this.book.note('opArray.sizeBytes', thisPtr - func, 'what lies between func and thisPtr of a closure');
  }

  generator(): Structures['generator'] {
    const read = this.code.accesses('zend_generator_close', 'argument0');
    const frames = new Set(read.filter(({ path }) => path.length === 2 && path[1] === FUNC).map(({ path }) => path[0]));
    const executeData = this.book.oneOrKnown(
      'generator.executeData',
      read.filter(({ path, immediate }) => path.length === 1 && immediate === 0 && frames.has(path[0])).map(offsetOf),
      'zend_generator_close clears it after looking at its function',
      this.known.generator,
    );
    const after = (field: string, distance: number): number =>
      this.book.note(
        `generator.${field}`,
        executeData + distance,
        `${distance} bytes after executeData in every version`,
      );
    return {
      executeData,
      value: after('value', 16),
      key: after('key', 32),
      retval: after('retval', 48),
      sendTarget: after('sendTarget', 64),
      values: after('values', 80),
    };
  }

  fiber(): Structures['fiber'] {
    const { fiber } = this.known;
    if (fiber === null) return null;
    for (const [field, value] of Object.entries(fiber)) this.book.note(`fiber.${field}`, value, TABLE);
    const stackBottom = this.book.note('fiber.stackBottom', fiber.executeData + 8, 'the word after executeData');
    return { ...fiber, stackBottom };
  }

  #dynamicFunctions(
    pointers: readonly number[],
    counts: readonly number[],
  ): Pick<Structures['opArray'], 'dynamicFuncDefs' | 'numDynamicFuncDefs'> {
    const { dynamicFuncDefs, numDynamicFuncDefs } = this.known.opArray;
    if (dynamicFuncDefs === null || numDynamicFuncDefs === null) return { dynamicFuncDefs, numDynamicFuncDefs };
    return {
      dynamicFuncDefs: this.book.oneOrKnown(
        'opArray.dynamicFuncDefs',
        pointers,
        'destroy_op_array frees it, the word after literals',
        dynamicFuncDefs,
      ),
      numDynamicFuncDefs: this.book.oneOrKnown(
        'opArray.numDynamicFuncDefs',
        counts,
        'destroy_op_array counts by it',
        numDynamicFuncDefs,
      ),
    };
  }

  /** zend_get_class_constant_ex reads it of the class and of the parent. */
  #mutableData(): number | null {
    const { mutableData } = this.known;
    if (mutableData === null) return null;
    const read = this.code
      .accesses('zend_get_class_constant_ex', 'argument2')
      .filter(({ sizeBytes }) => sizeBytes === 8);
    const ofParent = new Set(
      read.filter(({ path }) => path.length === 2 && path[0] === CLASS_ENTRY.parent).map(offsetOf),
    );
    return this.book.oneOrKnown(
      'classEntry.mutableData',
      read.filter((access) => access.path.length === 1 && ofParent.has(offsetOf(access))).map(offsetOf),
      'zend_get_class_constant_ex reads it of a class and of its parent',
      mutableData,
    );
  }

  /** Offsets of members of the first argument that are read or written whole, in one of these widths. */
  #members(symbol: string, ...widths: readonly number[]): number[] {
    return this.code
      .accesses(symbol, 'argument0')
      .filter(({ path, sizeBytes }) => path.length === 1 && widths.includes(sizeBytes))
      .map(offsetOf);
  }

  /** Offsets of `f(&argument->member, …)`. */
  #argumentMembers(symbol: string, argument: string): number[] {
    return this.code
      .argumentsOf(symbol)
      .filter(({ root, path, offset }) => root === argument && path.length === 0 && offset > 0)
      .map(({ offset }) => offset);
  }
}

const TABLE = 'from the table of versions; the code does not show it';
const COUNTS =
  'pass_two and destroy_op_array both read this int, and the other of the two that count literals and variables';
/** execute_data.func, in every version. */
const FUNC = 24;

function offsetOf({ path }: Pick<Access, 'path'>): number {
  return path.at(-1) ?? -1;
}
