import { GLOBALS } from './engine-code.js';
import type { EngineCode } from './engine-code.js';
import type { ProofBook } from './layout-proof.js';
import type { Access, Pointer } from './load-chains.js';
import type { EngineVersion } from './versions.js';

/** Offsets that lead from a frame to its line, as the engine's own functions walk them. */
export interface FrameOffsets {
  readonly currentExecuteData: number;
  readonly opline: number;
  readonly func: number;
  readonly prev: number;
  /** In a zend_op. */
  readonly lineno: number;
}

export interface OpArrayOffsets {
  readonly opcodes: number;
  readonly last: number;
  readonly refcount: number;
  readonly filename: number;
}

/** ZEND_VM_STACK_PAGE_SIZE (Zend/zend_execute.c): 256 KiB since 7.0. */
const VM_STACK_PAGE_BYTES = 256 * 1024;

/** Reads structure offsets out of exported functions of the engine, each with its proof. */
export class EngineReader {
  constructor(
    readonly code: EngineCode,
    readonly book: ProofBook,
    readonly known: EngineVersion,
  ) {}

  /** zend_get_executed_filename_ex and _lineno walk frames: EG -> frame -> prev, frame -> func, frame -> opline -> line. */
  executeData(): FrameOffsets {
    const walk = this.code.inGlobals('zend_get_executed_filename_ex');
    const own = this.code.inGlobals('zend_get_executed_lineno');
    const lines = [...own, ...this.code.inGlobalsOfPart('zend_get_executed_lineno')];
    const frames = walk.filter(({ path }) => path.length === 1 && isChain(walk, [path[0] ?? -1, PREV, PREV]));
    const currentExecuteData = this.book.oneOrKnown(
      'eg.currentExecuteData',
      frames.map(lastOffset),
      'zend_get_executed_filename_ex walks the frames from it',
      this.known.eg.currentExecuteData,
    );
    const types = below(walk, [currentExecuteData]).filter(({ path }) => path.length === 3 && path[2] === 0);
    const func = this.book.one(
      'executeData.func',
      types.filter(({ sizeBytes, path }) => sizeBytes === 1 && path[1] !== PREV).map(({ path }) => path[1] ?? -1),
      'zend_get_executed_filename_ex tests the type byte behind it',
    );
    const prev = this.book.note('executeData.prev', PREV, 'zend_get_executed_filename_ex follows it again and again');
    const numbers = below(lines, [currentExecuteData]).filter(({ path, sizeBytes }) => {
      return path.length === 3 && path[1] !== func && path[1] !== prev && sizeBytes === 4;
    });
    const shown = 'zend_get_executed_lineno returns the line that it finds there';
    return {
      currentExecuteData,
      func,
      prev,
      opline: this.book.one(
        'executeData.opline',
        numbers.map(({ path }) => path[1] ?? -1),
        shown,
      ),
      lineno: this.book.one('zendOp.lineno', numbers.map(lastOffset), shown),
    };
  }

  opArray({ currentExecuteData, func }: FrameOffsets): OpArrayOffsets {
    const { opArray } = this.known;
    const files = below(this.code.inGlobals('zend_get_executed_filename_ex'), [currentExecuteData, func]);
    const filename = this.book.oneOrKnown(
      'opArray.filename',
      files.filter(({ path, sizeBytes }) => path.length === 3 && sizeBytes === 8).map(lastOffset),
      'zend_get_executed_filename_ex returns it',
      opArray.filename,
    );
    // pass_two gives both arrays of a new op_array their final size: opcodes and, further down, vars.
    const resized = this.code.argumentsOf('pass_two', '_erealloc').filter(isArgumentMember).map(memberOffset);
    const [opcodes, vars] = resized.length === 2 ? resized.sort((a, b) => a - b) : [];
    const owners = this.code.accesses('destroy_op_array', 'argument0').filter(({ path, sizeBytes }) => {
      return path.length === 2 && path[0] === (vars ?? -8) + 8 && path[1] === 0 && sizeBytes === 4;
    });
    const read = (offset: number): boolean => isChain(this.code.accesses('pass_two', 'argument0'), [offset]);
    // `last` is the int before `opcodes`, or there is an int of padding between them, which nobody reads.
    const last = opcodes === undefined ? undefined : [opcodes - 4, opcodes - 8].find(read);
    return {
      opcodes: this.book.oneOrKnown(
        'opArray.opcodes',
        opcodes === undefined ? [] : [opcodes],
        'pass_two resizes the array behind it',
        opArray.opcodes,
      ),
      last: this.book.oneOrKnown(
        'opArray.last',
        last === undefined ? [] : [last],
        'the int before opcodes that pass_two reads',
        opArray.last,
      ),
      refcount: this.book.oneOrKnown(
        'opArray.refcount',
        owners.map(({ path }) => path[0] ?? -1),
        'the word after vars, whose counter destroy_op_array decrements',
        opArray.refcount,
      ),
      filename,
    };
  }

  names({ currentExecuteData, func }: FrameOffsets): { functionName: number; scope: number } {
    const member = (symbol: string): number[] =>
      below(this.code.inGlobals(symbol), [currentExecuteData, func])
        .filter(({ path, sizeBytes }) => path.length === 3 && sizeBytes === 8)
        .map(lastOffset);
    return {
      functionName: this.book.oneOrKnown(
        'func.functionName',
        member('get_active_function_name'),
        'get_active_function_name returns the string behind it',
        8,
      ),
      scope: this.book.oneOrKnown(
        'func.scope',
        member('zend_get_executed_scope'),
        'zend_get_executed_scope returns it',
        16,
      ),
    };
  }

  className({ currentExecuteData, func }: FrameOffsets): number {
    const names = below(this.code.inGlobals('get_active_class_name'), [currentExecuteData, func]);
    return this.book.oneOrKnown(
      'classEntry.name',
      names.filter(({ path }) => path.length === 4).map(lastOffset),
      'get_active_class_name returns the string behind it',
      8,
    );
  }

  vmStack(): { vmStackTop: number; vmStackEnd: number; vmStack: number } {
    const sizes = this.code
      .inGlobals('zend_vm_stack_init')
      .filter(({ immediate }) => immediate === VM_STACK_PAGE_BYTES);
    const pages = this.code.inGlobals('zend_vm_stack_destroy').filter(({ path }) => path.length === 2);
    const both = new Set(sizes.map((access) => lastOffset(access) - 8));
    const vmStack = this.book.oneOrKnown(
      'eg.vmStack',
      pages.map(({ path }) => path[0] ?? -1).filter((offset) => both.has(offset)),
      'zend_vm_stack_destroy frees its pages; zend_vm_stack_init sets the page size after it',
      this.known.eg.vmStackTop + 16,
    );
    return {
      vmStackTop: this.book.note('eg.vmStackTop', vmStack - 16, 'two words before eg.vmStack'),
      vmStackEnd: this.book.note('eg.vmStackEnd', vmStack - 8, 'one word before eg.vmStack'),
      vmStack,
    };
  }

  tables(): { symbolTable: number; includedFiles: number; functionTable: number; classTable: number } {
    const { eg } = this.known;
    // `zend_hash_find(EG(table), …)` passes a pointer that was loaded, `zend_hash_del(&EG(table), …)` a place in EG.
    const loaded = (symbol: string, callee?: string): number[] =>
      this.code.argumentsOf(symbol, callee).flatMap(({ root, path, offset }) => {
        return root === GLOBALS && path.length === 1 && offset === 0 ? path : [];
      });
    const inPlace = (symbol: string): number[] =>
      this.code.argumentsOf(symbol).flatMap(({ root, path, offset }) => {
        return root === GLOBALS && path.length === 0 && offset > 0 ? [offset] : [];
      });
    return {
      symbolTable: this.book.oneOrKnown(
        'eg.symbolTable',
        inPlace('zend_delete_global_variable'),
        'zend_delete_global_variable deletes from it',
        eg.symbolTable,
      ),
      includedFiles: this.book.oneOrKnown(
        'eg.includedFiles',
        inPlace('compile_filename'),
        'compile_filename adds to it',
        eg.includedFiles,
      ),
      functionTable: this.book.oneOrKnown(
        'eg.functionTable',
        loaded('zend_fetch_function'),
        'zend_fetch_function searches it',
        eg.functionTable,
      ),
      classTable: this.book.oneOrKnown(
        'eg.classTable',
        loaded('zend_lookup_class_ex', 'zend_hash_find'),
        'zend_lookup_class_ex searches it',
        eg.classTable,
      ),
    };
  }

  /** zend_hash_index_find multiplies the index by the element's size: a shift by 4, or by 5 for Buckets alone. */
  packedElementBytes(): number {
    const shifts = this.code.instructions('zend_hash_index_find').flatMap(({ mnemonic, operands: [, by] }) => {
      return mnemonic === 'shl' && by?.kind === 'immediate' && (by.value === 4 || by.value === 5) ? [by.value] : [];
    });
    return this.book.oneOrKnown(
      'hashTable.packedElementBytes',
      shifts.length === 0 ? [] : [1 << Math.min(...shifts)],
      'the smallest element that zend_hash_index_find steps over',
      this.known.packedElementBytes,
    );
  }
}

/** execute_data.prev_execute_data, from 7.0 on (Zend/zend_compile.h); the walk over the frames is known by it. */
const PREV = 48;

function isChain(accesses: readonly Access[], wanted: readonly number[]): boolean {
  return accesses.some(({ path }) => path.length === wanted.length && wanted.every((step, at) => path[at] === step));
}

function below(accesses: readonly Access[], start: readonly number[]): Access[] {
  return accesses.filter(({ path }) => path.length > start.length && start.every((step, at) => path[at] === step));
}

function lastOffset({ path }: Access): number {
  return path.at(-1) ?? -1;
}

function isArgumentMember({ root, path, offset }: Pointer): boolean {
  return root === 'argument0' && path.length === 1 && offset === 0;
}

function memberOffset({ path }: Pointer): number {
  return path[0] ?? -1;
}
