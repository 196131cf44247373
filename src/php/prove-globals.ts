import { demand, hex } from './contradiction.js';
import type { NamedLook } from './contradiction.js';
import type { StructureMemory, TableElement } from './structure-memory.js';

/** Zend/zend_types.h, every version. */
const IS_STRING = 6;
const IS_OBJECT = 8;
const IS_RESOURCE = 9;
/** Zend/zend_types.h, 8.0 to 8.5. */
const IS_PTR = 13;
/** What a callable can be: nothing, a name, an array of class and method, an object. */
const CALLABLE = new Set([0, IS_STRING, 7, IS_OBJECT]);
const ZVAL_BYTES = 16;
/** zend_constant is a zval, then its name (Zend/zend_constants.h). */
const CONSTANT_NAME = 16;
/** One of so many. */
const FEW_OF = 64;
/** zend_resource.handle, zend_object.handle. */
const HANDLE = 8;

export const GLOBAL_CHECKS: readonly NamedLook[] = [
  ['table of constants', constants],
  ['ini settings', iniSettings],
  ['resources', resources],
  ['handlers', handlers],
  ['store of objects', objectsStore],
  ['table of weak references', weakReferences],
  ['table of lazy objects', lazyObjects],
  ['arena', arena],
  ['interned strings', internedStrings],
  ['map pointers', mapPointers],
  ['shutdown functions', shutdownFunctions],
  ['buffer of the collector', collector],
];

function constants(memory: StructureMemory): string {
  const table = memory.pointer(memory.eg(memory.structures.eg.zendConstants));
  demand(memory.isTable(table), () => `${hex(table)} is no hash table`);
  const constant = memory.find(table, 'PHP_VERSION')?.value ?? 0;
  demand(constant !== 0, () => `the table at ${hex(table)} has no PHP_VERSION`);
  const name = memory.string(memory.pointer(constant + CONSTANT_NAME));
  demand(name === 'PHP_VERSION', () => `the name of PHP_VERSION is ${String(name)}`);
  const type = memory.zvalType(constant);
  const version = type === IS_STRING ? memory.string(memory.pointer(constant)) : `of type ${String(type)}`;
  const wanted = memory.engine.layout.version;
  demand(version?.startsWith(wanted) === true, () => `PHP_VERSION is ${String(version)}, the binary is ${wanted}`);
  return `PHP_VERSION is ${String(version)}`;
}

function iniSettings(memory: StructureMemory): string {
  const table = memory.pointer(memory.eg(memory.structures.eg.iniDirectives));
  demand(memory.isTable(table), () => `${hex(table)} is no hash table`);
  const entry = memory.find(table, 'memory_limit')?.value ?? 0;
  demand(entry !== 0, () => `the table at ${hex(table)} has no memory_limit`);
  const name = memory.string(memory.pointer(entry));
  demand(name === 'memory_limit', () => `the entry of memory_limit is named ${String(name)}`);
  return `memory_limit is there`;
}

/**
 * Both lists, and that their elements are resources: an element's number is the handle. The list may change while it is
 * read, so a few that are torn are let pass where all others agree.
 */
function resources(memory: StructureMemory): string {
  const { eg } = memory.structures;
  const [regular, persistent] = [eg.regularList, eg.persistentList].map((list) => memory.eg(list)) as [number, number];
  for (const list of [regular, persistent]) demand(memory.isTable(list), () => `${hex(list)} is no hash table`);
  const wrong: string[] = [];
  let count = 0;
  for (const element of memory.elements(regular)) {
    const { type, value, h } = element;
    const handle = type === IS_RESOURCE ? memory.uint32(value + HANDLE) : undefined;
    count++;
    if (handle === h || isGone(memory, regular, element)) continue;
    wrong.push(
      handle === undefined
        ? `an element of the regular list is of type ${String(type)}`
        : `resource ${String(h)} says that it is number ${String(handle)}`,
    );
    demand(wrong.length * FEW_OF <= count, () => wrong[0]!);
  }
  return `${String(count)} in the regular list`;
}

/** Whether the process has taken an element out of its table since the table was read. */
function isGone(memory: StructureMemory, table: number, element: TableElement): boolean {
  for (const { h, value } of memory.elements(table)) if (h === element.h && value === element.value) return false;
  return true;
}

/** The stacks are initialised with the size of a zval; the one between them, with that of an int. */
function handlers(memory: StructureMemory): string {
  const { eg } = memory.structures;
  for (const [name, offset] of Object.entries({ error: eg.userErrorHandler, exception: eg.userExceptionHandler })) {
    const type = memory.zvalType(memory.eg(offset));
    demand(CALLABLE.has(type), () => `the ${name} handler is of type ${String(type)}`);
  }
  const stacked = [eg.userErrorHandlers, eg.userExceptionHandlers].map((offset) => {
    const stack = memory.eg(offset);
    const [size, top, max] = [0, 4, 8].map((field) => memory.uint32(stack + field)) as [number, number, number];
    demand(size === ZVAL_BYTES, () => `the elements of the stack at ${hex(stack)} have ${String(size)} bytes, not 16`);
    demand(top <= max, () => `the stack at ${hex(stack)} has ${String(top)} elements and room for ${String(max)}`);
    const elements = memory.pointer(stack + 16);
    demand((elements === 0) === (max === 0) && elements % 8 === 0, () => {
      return `the stack at ${hex(stack)} has room for ${String(max)} at ${hex(elements)}`;
    });
    // There is room even where nothing is stacked now: memory that is not there is a contradiction too.
    if (elements !== 0) memory.uint32(elements);
    for (let index = 0; index < top; index++) {
      const type = memory.zvalType(elements + index * ZVAL_BYTES);
      demand(
        CALLABLE.has(type),
        () => `element ${String(index)} of the stack at ${hex(stack)} is of type ${String(type)}`,
      );
    }
    return top;
  });
  const exception = memory.pointer(memory.eg(eg.exception));
  demand(exception % 8 === 0, () => `the exception in flight is at ${hex(exception)}`);
  return `${String(stacked[0])} error and ${String(stacked[1])} exception handlers stand behind the present ones`;
}

/** Handle n stands at bucket n; a free bucket's word is odd. Looks at the oldest and the newest objects. */
function objectsStore(memory: StructureMemory): string {
  const store = memory.eg(memory.structures.eg.objectsStore);
  const buckets = memory.pointer(store);
  const [top, size] = [8, 12].map((field) => memory.uint32(store + field)) as [number, number];
  demand(top >= 1 && top <= size, () => `it counts ${String(top)} objects and has room for ${String(size)}`);
  demand(buckets % 8 === 0 && buckets !== 0, () => `its buckets are at ${hex(buckets)}`);
  let count = 0;
  for (let handle = 1; handle < top; handle++) {
    if (handle > SAMPLE && handle < top - SAMPLE) continue;
    const object = memory.objectAt(buckets, handle);
    if (object === 0) continue;
    const said = memory.uint32(object + HANDLE);
    demand(said === handle, () => `the object at bucket ${String(handle)} says that it is number ${String(said)}`);
    count++;
  }
  return `${String(top)} handles, and ${String(count)} of ${String(count)} objects looked at stand at theirs`;
}

function weakReferences(memory: StructureMemory): string {
  const table = memory.eg(memory.structures.eg.weakrefs);
  demand(memory.isTable(table), () => `${hex(table)} is no hash table`);
  return 'a hash table';
}

/** Keys are the handles of objects, as the store of objects has them; each element is what the engine keeps of one. */
function lazyObjects(memory: StructureMemory): string {
  const { lazyObjects: offset, objectsStore } = memory.structures.eg;
  if (offset === null) return 'this version has none';
  const table = memory.eg(offset);
  demand(memory.isTable(table), () => `${hex(table)} is no hash table`);
  const buckets = memory.pointer(memory.eg(objectsStore));
  let count = 0;
  for (const element of memory.elements(table)) {
    const { type, value, h } = element;
    demand(type === IS_PTR, () => `an element is of type ${String(type)}`);
    demand(value % 8 === 0 && value !== 0, () => `what it has of object ${String(h)} is at ${hex(value)}`);
    demand(memory.objectAt(buckets, h) !== 0 || isGone(memory, table, element), () => {
      return `there is no object ${String(h)}, one of its keys`;
    });
    count++;
  }
  return `${String(count)} objects looked at are in it`;
}

/** { char *ptr, *end; zend_arena *prev }, and the arena's own memory follows (Zend/zend_arena.h). */
function arena(memory: StructureMemory): string {
  const at = memory.pointer(memory.places.compilerGlobals + memory.structures.cg.arena);
  const [next, end, previous] = [0, 8, 16].map((field) => memory.pointer(at + field)) as [number, number, number];
  demand(at < next && next <= end && previous % 8 === 0, () => {
    return `the one at ${hex(at)} is used up to ${hex(next)} and ends at ${hex(end)}`;
  });
  return `${String(next - at)} of ${String(end - at)} bytes of the newest are used`;
}

/** A set: each element's value is its own name. */
function internedStrings(memory: StructureMemory): string {
  const table = memory.places.compilerGlobals + memory.structures.cg.internedStrings;
  demand(memory.isTable(table), () => `${hex(table)} is no hash table`);
  let count = 0;
  for (const { key, type, value } of memory.elements(table)) {
    if (count === SAMPLE) break;
    const text = type === IS_STRING ? memory.string(value) : `of type ${String(type)}`;
    demand(text === key, () => `an element named ${String(key)} is ${String(text)}`);
    count++;
  }
  return `${String(count)} looked at, each is its own name`;
}

/**
 * The base is followed by the number of words that its area has, a multiple of 4096, and of those that are given out
 * (Zend/zend_map_ptr.h). A raw value is one more than a multiple of a word.
 */
function mapPointers(memory: StructureMemory): string {
  const { cg, mapPtr } = memory.structures;
  const at = memory.places.compilerGlobals + cg.mapPtrBase;
  const [base, size, last] = [0, 8, 16].map((field) => memory.pointer(at + field)) as [number, number, number];
  // 7.4 and 8.0 make the area when opcache first asks for a place.
  if (size === 0 && last === 0) return 'none are given out yet';
  const fits = size % STEP_WORDS === 0 && last <= size && size < MAX_MAP_WORDS;
  demand(base !== 0 && fits, () => `the base is ${hex(base)}, with ${String(last)} of ${String(size)} words given out`);
  demand((base + 1 + mapPtr.baseCorrection) % 8 === 0, () => `the base is ${hex(base)}`);
  return `${String(last)} of ${String(size)} words are given out`;
}

function shutdownFunctions(memory: StructureMemory): string {
  const { shutdownFunctions: offset } = memory.structures;
  const { basicGlobals } = memory.places;
  if (offset === null || basicGlobals === undefined)
    return 'not known: this PHP exports neither basic_globals nor its number';
  const table = memory.pointer(basicGlobals + offset);
  if (table === 0) return 'none are registered yet';
  demand(table % 8 === 0 && memory.isTable(table), () => `${hex(table)} is no hash table`);
  return 'a hash table';
}

/** { gc_root_buffer *buf; four bools; uint32_t unused, first_unused, threshold, buf_size, num_roots } (Zend/zend_gc.c). */
function collector(memory: StructureMemory): string {
  const { gcGlobals } = memory.structures;
  if (gcGlobals === null) return 'not known: the code does not show it';
  const buffer = memory.pointer(gcGlobals);
  const [firstUnused, size, roots] = [16, 24, 28].map((field) => memory.uint32(gcGlobals + field)) as [
    number,
    number,
    number,
  ];
  demand(buffer % 8 === 0 && firstUnused <= Math.max(size, 1) && roots <= size, () => {
    return `at ${hex(buffer)} with room for ${String(size)}, ${String(firstUnused)} used, ${String(roots)} roots`;
  });
  return `${String(roots)} roots, room for ${String(size)}`;
}

const SAMPLE = 256;
/** ZEND_MM_ALIGNED_SIZE_EX(…, 4096) in zend_map_ptr_new (Zend/zend.c). */
const STEP_WORDS = 4096;
const MAX_MAP_WORDS = 1 << 24;
