import type { EngineLayout } from './engine-layout.js';
import { readString } from './frames.js';
import { pointerAt } from './memory.js';
import type { ProcessMemory } from './memory.js';

const USER_FUNCTION = 2;
/** Far more than any program has; a larger number means that something else was read. */
const MAX_ELEMENTS = 1 << 22;

/** Where the engine keeps its tables in this process. */
export interface Engine {
  readonly memory: ProcessMemory;
  readonly layout: EngineLayout;
  /** Address of executor_globals in the process. */
  readonly executorGlobals: number;
}

/** The record of a PHP function by its name (any case), or undefined while there is none. @throws UnreadableMemory */
export function findFunction(engine: Engine, name: string): number | undefined {
  return findIn(engine, functionTable(engine), foldName(name));
}

/** The record of a method, inherited ones too, or undefined while class or method are missing. @throws UnreadableMemory */
export function findMethod(engine: Engine, className: string, method: string): number | undefined {
  const classEntry = findIn(engine, classTable(engine), foldName(className));
  if (classEntry === undefined) return undefined;
  return findIn(engine, classEntry + engine.layout.classEntry.functionTable, foldName(method));
}

/** Names of all functions and methods written in PHP, for suggestions. @throws UnreadableMemory */
export function userFunctionNames(engine: Engine): string[] {
  const { layout, memory } = engine;
  const names = userFunctions(engine).map(({ func, key, classEntry }) => {
    if (classEntry === undefined) return readString(memory, layout, key) ?? '';
    const className = readString(memory, layout, memory.pointer(classEntry + layout.classEntry.name)) ?? '';
    return `${className}::${readString(memory, layout, memory.pointer(func + layout.func.functionName)) ?? ''}`;
  });
  return names.filter((name) => !name.startsWith('\0'));
}

interface UserFunction {
  /** Its record. */
  readonly func: number;
  /** Its name in the table that lists it. */
  readonly key: number;
  /** Undefined for a function of no class. */
  readonly classEntry?: number;
}

/** All functions and methods written in PHP that have a name. @throws UnreadableMemory */
export function userFunctions(engine: Engine): UserFunction[] {
  const found: UserFunction[] = [];
  for (const { key, value: func } of elements(engine, functionTable(engine))) {
    if (isUser(engine, func)) found.push({ func, key });
  }
  for (const { value: classEntry } of elements(engine, classTable(engine))) {
    if (!isUserClass(engine, classEntry)) continue;
    for (const { key, value: func } of elements(engine, classEntry + engine.layout.classEntry.functionTable)) {
      if (isUser(engine, func)) found.push({ func, key, classEntry });
    }
  }
  return found;
}

interface Element {
  readonly hash: bigint;
  readonly key: number;
  /** What the element's pointer refers to. */
  readonly value: number;
}

function functionTable({ memory, layout, executorGlobals }: Engine): number {
  return memory.pointer(executorGlobals + layout.eg.functionTable);
}

function classTable({ memory, layout, executorGlobals }: Engine): number {
  return memory.pointer(executorGlobals + layout.eg.classTable);
}

/** A name as the engine's tables have it: without a leading backslash, in lower case. */
export function foldName(name: string): string {
  // PHP folds ASCII letters only.
  return name.replace(/^\\/, '').replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function findIn(engine: Engine, table: number, key: string): number | undefined {
  const wanted = hashOf(key);
  for (const element of elements(engine, table)) {
    if (element.hash === wanted && readString(engine.memory, engine.layout, element.key) === key) return element.value;
  }
  return undefined;
}

/** All used elements of a hash table with string keys (Zend/zend_types.h: Bucket is a zval, a hash and a key). */
function* elements({ memory, layout }: Engine, table: number): Generator<Element> {
  if (table === 0) return;
  const { hashTable, bucket } = layout;
  const count = memory.uint32(table + hashTable.nNumUsed);
  if (count === 0 || count > MAX_ELEMENTS) return;
  const view = memory.read(memory.pointer(table + hashTable.arData), count * bucket.sizeBytes);
  for (let at = 0; at < view.byteLength; at += bucket.sizeBytes) {
    const value = pointerAt(view, at);
    const key = pointerAt(view, at + bucket.key);
    if (value !== 0 && key !== 0) yield { hash: view.getBigUint64(at + bucket.h, true), key, value };
  }
}

/** zend_inline_hash_func (Zend/zend_string.h): DJBX33A with the highest bit set. */
function hashOf(key: string): bigint {
  let hash = 5381n;
  for (const byte of Buffer.from(key)) hash = (hash * 33n + BigInt(byte)) & 0xffffffffffffffffn;
  return hash | 0x8000000000000000n;
}

function isUser({ memory }: Engine, func: number): boolean {
  try {
    return memory.uint8(func) === USER_FUNCTION;
  } catch {
    return false;
  }
}

/** zend_class_entry begins with its type: ZEND_INTERNAL_CLASS 1, ZEND_USER_CLASS 2. */
function isUserClass(engine: Engine, classEntry: number): boolean {
  return isUser(engine, classEntry);
}
