import { demand, hex } from './contradiction.js';
import type { NamedLook } from './contradiction.js';
import type { StructureMemory, TableElement } from './structure-memory.js';

/** Zend/zend_types.h, every version. */
const IS_LONG = 4;
const IS_STRING = 6;
/** What a default value is until its class is used first: `[self::A => 1]`. */
const IS_CONSTANT_AST = 11;
/** zend_refcounted_h.u.type_info: its lowest four bits are the type. */
const GC_TYPE = 4;
const LAST_TYPE = 15;
const INTERNAL = 1;
const USER = 2;
/** A zend_object begins its properties here (Zend/zend_types.h), and each is a zval. */
const PROPERTIES_TABLE = 40;
const SAMPLE = 200;
const MAX_COUNT = 1 << 20;

export const CLASS_CHECKS: readonly NamedLook[] = [
  ['table of classes', classNames],
  ['properties of a class', properties],
  ['constants of a class', constants],
  ['static members', staticMembers],
  ['functions', functions],
];

/**
 * Keys of the engine's classes are their names in lower case; an alias, of which an extension may make as many as it has
 * classes, stands for a class that has such a key, too. A class of the program may stand under a key of the compiler's
 * until it is declared.
 */
function classNames(memory: StructureMemory): string {
  const byKey = new Map([...classes(memory)].map(({ key, value }) => [key?.toLowerCase(), value]));
  let [count, internal, named] = [0, 0, 0];
  for (const { key, value } of classes(memory)) {
    const type = memory.uint8(value + memory.structures.classEntry.type);
    demand(type === INTERNAL || type === USER, () => `${String(key)} is of type ${String(type)}`);
    count++;
    if (type !== INTERNAL) continue;
    internal++;
    if (byKey.get(memory.className(value)?.toLowerCase()) === value) named++;
  }
  demand(named > 50 && named * 10 >= internal * 9, () => {
    return `${String(named)} of ${String(internal)} classes of the engine are found by their name`;
  });
  return `${String(count)} classes, ${String(named)} of ${String(internal)} of the engine's are found by their name`;
}

/** Exception and ErrorException are in every PHP, and their properties are known (Zend/zend_exceptions.stub.php). */
function properties(memory: StructureMemory): string {
  const { classEntry, propertyInfo } = memory.structures;
  const exception = find(memory, 'exception');
  const error = find(memory, 'errorexception');
  const parent = memory.pointer(error + classEntry.parent);
  demand(parent === exception, () => `the parent of ErrorException is ${hex(parent)}, Exception is ${hex(exception)}`);
  const count = memory.uint32(exception + classEntry.defaultPropertiesCount);
  demand(count === 7, () => `Exception has ${String(count)} properties, not 7`);
  const info = memory.find(exception + classEntry.propertiesInfo, 'code')?.value ?? 0;
  demand(info !== 0, () => 'Exception has no property $code');
  const name = memory.string(memory.pointer(info + propertyInfo.name));
  demand(name === '\0*\0code', () => `the property $code is named ${String(name)}`);
  const ce = memory.pointer(info + propertyInfo.ce);
  demand(ce === exception, () => `$code is of the class at ${hex(ce)}, Exception is at ${hex(exception)}`);
  const isStatic = (memory.uint32(info + propertyInfo.flags) & propertyInfo.staticFlag) !== 0;
  demand(!isStatic, () => '$code is static');
  const index = (memory.uint32(info + propertyInfo.offset) - PROPERTIES_TABLE) / 16;
  demand(Number.isInteger(index) && index >= 0 && index < count, () => `$code is property ${String(index)}`);
  const value = memory.pointer(exception + classEntry.defaultPropertiesTable) + 16 * index;
  const [type, code] = [memory.zvalType(value), memory.pointer(value)];
  demand(type === IS_LONG && code === 0, () => `$code begins as ${String(code)} of type ${String(type)}`);
  return 'Exception has 7, $code is one of them and begins as 0';
}

/** ArrayObject::STD_PROP_LIST is 1 in every PHP (ext/spl/spl_array.stub.php). */
function constants(memory: StructureMemory): string {
  const table = find(memory, 'arrayobject') + memory.structures.classEntry.constantsTable;
  const constant = memory.find(table, 'STD_PROP_LIST')?.value ?? 0;
  demand(constant !== 0, () => 'ArrayObject has no STD_PROP_LIST');
  const [type, value] = [memory.zvalType(constant), memory.pointer(constant)];
  demand(type === IS_LONG && value === 1, () => `STD_PROP_LIST is ${String(value)} of type ${String(type)}`);
  return 'ArrayObject::STD_PROP_LIST is 1';
}

/** Of the classes written in PHP: their names are known, and each of their zvals has a type. */
function staticMembers(memory: StructureMemory): string {
  const { classEntry, propertyInfo, indirectType } = memory.structures;
  let [count, ofClasses] = [0, 0];
  for (const { key, value: ce } of userClasses(memory)) {
    const members = memory.uint32(ce + classEntry.defaultStaticMembersCount);
    demand(members < MAX_COUNT, () => `${String(key)} has ${String(members)} static members`);
    const table = members === 0 ? 0 : memory.mapPointer(ce + classEntry.staticMembersTable);
    if (table === 0) continue;
    ofClasses++;
    for (let index = 0; index < members; index++, count++) {
      const type = memory.zvalType(table + 16 * index);
      demand(
        type <= IS_CONSTANT_AST || type === indirectType,
        () => `a static member of ${String(key)} is of type ${String(type)}`,
      );
    }
    const infos = [...memory.elements(ce + classEntry.propertiesInfo)].filter(({ value }) => {
      return (memory.uint32(value + propertyInfo.flags) & propertyInfo.staticFlag) !== 0;
    });
    const indices = infos.map(({ value }) => memory.uint32(value + propertyInfo.offset));
    const outside = indices.find((index) => index >= members);
    demand(outside === undefined, () => `static member ${String(outside)} of ${String(key)} has ${String(members)}`);
  }
  return ofClasses === 0
    ? 'no class has any yet'
    : `${String(count)}, of ${String(ofClasses)} classes, have a type each`;
}

/** Names of variables, literals and the function's own run-time data, of the functions and methods written in PHP. */
function functions(memory: StructureMemory): string {
  const { opArray } = memory.structures;
  let count = 0;
  for (const { key, value: func } of userFunctions(memory)) {
    if (++count > SAMPLE) break;
    const [variables, temporaries, literals] = [opArray.lastVar, opArray.temporaries, opArray.lastLiteral].map(
      (field) => memory.uint32(func + field),
    ) as [number, number, number];
    const counts = { variables, temporaries, literals };
    for (const [what, number] of Object.entries(counts)) {
      demand(number < MAX_COUNT, () => `${String(key)} has ${String(number)} ${what}`);
    }
    const names = memory.pointer(func + opArray.vars);
    for (let index = 0; index < variables; index++) {
      const name = memory.pointer(names + 8 * index);
      const type = memory.uint8(name + GC_TYPE) & 0xf;
      demand(type === IS_STRING, () => `the name of a variable of ${String(key)} is of type ${String(type)}`);
    }
    const values = memory.pointer(func + opArray.literals);
    for (let index = 0; index < literals; index++) {
      const type = memory.zvalType(values + 16 * index);
      demand(type <= LAST_TYPE, () => `a literal of ${String(key)} is of type ${String(type)}`);
    }
    const statics = memory.pointer(func + opArray.staticVariables);
    demand(statics === 0 || memory.isTable(statics), () => `${String(key)} has static variables at ${hex(statics)}`);
    const live = memory.mapPointer(func + opArray.staticVariablesPtr);
    demand(live === 0 || memory.isTable(live), () => `${String(key)} has live static variables at ${hex(live)}`);
    memory.mapPointer(func + opArray.runTimeCache);
  }
  return count === 0 ? 'none written in PHP yet' : `${String(Math.min(count, SAMPLE))} written in PHP looked at`;
}

function* userFunctions(memory: StructureMemory): Generator<TableElement> {
  const isUser = ({ value }: TableElement): boolean => memory.uint8(value) === USER;
  const { eg, classEntry } = memory.engine.layout;
  for (const element of memory.elements(memory.pointer(memory.eg(eg.functionTable))))
    if (isUser(element)) yield element;
  for (const { value: ce } of userClasses(memory)) {
    for (const element of memory.elements(ce + classEntry.functionTable)) if (isUser(element)) yield element;
  }
}

function* userClasses(memory: StructureMemory): Generator<TableElement> {
  for (const element of classes(memory)) {
    if (memory.uint8(element.value + memory.structures.classEntry.type) === USER) yield element;
  }
}

function classes(memory: StructureMemory): Generator<TableElement> {
  return memory.elements(memory.pointer(memory.eg(memory.engine.layout.eg.classTable)));
}

function find(memory: StructureMemory, name: string): number {
  for (const { key, value } of classes(memory)) if (key === name) return value;
  demand(false, () => `the table of classes has no ${name}`);
  return 0;
}
