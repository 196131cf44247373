import type { ExecutionContext } from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { openTarget } from '../../src/live/target.js';
import type { Target } from '../../src/live/target.js';
import { proveStructures } from '../../src/php/prove-structures.js';
import type { Structures } from '../../src/php/structures.js';
import { StructureMemory } from '../../src/php/structure-memory.js';
import { integration } from './harness.js';
import type { Workplace } from './harness.js';

const TYPE = { undef: 0, null: 1, long: 4, string: 6, array: 7, object: 8, resource: 9, reference: 10 } as const;

/** test/integration/programs/structures.php as it waits, and a reader of its memory. */
interface Program {
  readonly target: Target;
  readonly read: StructureMemory;
  readonly handles: Readonly<Record<string, number>>;
  readonly stream: number;
}

async function start(place: Workplace): Promise<Program> {
  const program = await place.startReady('test/integration/programs/structures.php');
  const target = openTarget(program.pid);
  const said = JSON.parse(program.stdout.split('\n')[0] ?? '') as { handles: Record<string, number>; stream: number };
  return { target, read: target.structures().memory, ...said };
}

function test(title: string, body: (t: ExecutionContext, program: Program) => void): void {
  integration(title, async (t, place) => {
    const program = await start(place);
    t.teardown(() => program.target.process.elf.close());
    body(t, program);
  });
}

/** A value of PHP as JavaScript has it; objects by their class. */
function valueAt({ read }: Program, zval: number): unknown {
  const type = read.zvalType(zval);
  const value = read.pointer(zval);
  if (type === TYPE.long) return value;
  if (type === TYPE.string) return read.string(value);
  if (type === TYPE.reference) return valueAt({ read } as Program, value + 8);
  if (type === read.structures.indirectType) return valueAt({ read } as Program, value);
  if (type === TYPE.object) return `object of ${read.className(read.pointer(value + 16)) ?? '?'}`;
  if (type === TYPE.array)
    return [...read.elements(value)].map(({ zval: element }) => valueAt({ read } as Program, element));
  return type <= TYPE.null ? null : `type ${String(type)}`;
}

/** A table with string keys. */
function table(program: Program, address: number): Record<string, unknown> {
  return Object.fromEntries(
    [...program.read.elements(address)].map(({ key, h, zval }) => [key ?? String(h), valueAt(program, zval)]),
  );
}

function objectOf({ read, handles }: Program, name: string): number {
  const buckets = read.pointer(read.eg(read.structures.eg.objectsStore));
  return read.pointer(buckets + 8 * (handles[name] ?? 0));
}

function classOf({ read }: Program, name: string): number {
  return read.find(read.pointer(read.eg(read.engine.layout.eg.classTable)), name.toLowerCase())?.value ?? 0;
}

function functionOf({ read }: Program, name: string): number {
  return read.find(read.pointer(read.eg(read.engine.layout.eg.functionTable)), name)?.value ?? 0;
}

/** A zend_stack of zvals: { int size, top, max; void *elements }. */
function stack(program: Program, address: number): unknown[] {
  const { read } = program;
  const first = read.pointer(address + 16);
  return Array.from({ length: read.uint32(address + 4) }, (_, index) => valueAt(program, first + 16 * index));
}

/** Names and values of a frame's compiled variables. */
function variables(program: Program, executeData: number): Record<string, unknown> {
  const { read } = program;
  const func = read.pointer(executeData + read.engine.layout.executeData.func);
  const { vars, lastVar } = read.structures.opArray;
  const names = read.pointer(func + vars);
  const entries = Array.from({ length: read.uint32(func + lastVar) }, (_, index) => [
    read.string(read.pointer(names + 8 * index)),
    valueAt(program, executeData + 80 + 16 * index),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

test('the store of objects has each object at its handle', (t, program) => {
  const { read, handles } = program;
  const classes = Object.keys(handles).map((name) => [
    name,
    read.className(read.pointer(objectOf(program, name) + 16)),
  ]);
  t.like(Object.fromEntries(classes), {
    plain: 'Cabinet',
    closure: 'Closure',
    'static closure': 'Closure',
    generator: 'Generator',
    'finished generator': 'Generator',
    exception: 'ErrorException',
    dynamic: 'stdClass',
  });
  for (const [name, handle] of Object.entries(handles)) t.is(read.uint32(objectOf(program, name) + 8), handle, name);
});

test("tables of the engine lead to the program's own entries", (t, program) => {
  const { read, stream } = program;
  const { eg } = read.structures;
  const constant = read.find(read.pointer(read.eg(eg.zendConstants)), 'WORKSHOP')?.value ?? 0;
  t.is(valueAt(program, constant), 'a constant of the program');
  const resource = [...read.elements(read.eg(eg.regularList))].find(({ h }) => h === stream)?.value ?? 0;
  t.is(read.uint32(resource + 8), stream);
  t.not(read.pointer(resource + read.structures.resource.ptr), 0);
  const setting = read.find(read.pointer(read.eg(eg.iniDirectives)), 'precision')?.value ?? 0;
  t.is(read.string(read.pointer(setting)), 'precision');
  const variables = table(program, read.eg(read.engine.layout.eg.symbolTable));
  t.deepEqual([variables['stream'], variables['name']], ['type 9', Object.keys(program.handles).at(-1)]);
});

test('handlers and those that they stand in for', (t, program) => {
  const { read } = program;
  const { eg } = read.structures;
  t.deepEqual(valueAt(program, read.eg(eg.userErrorHandler)), ['object of Cabinet', 'counter']);
  t.is(valueAt(program, read.eg(eg.userExceptionHandler)), 'trim');
  t.deepEqual(stack(program, read.eg(eg.userErrorHandlers)), [null, 'strlen']);
  t.deepEqual(stack(program, read.eg(eg.userExceptionHandlers)), [null, 'strrev']);
  t.is(read.pointer(read.eg(eg.exception)), 0);
});

test('a class: static members, constants, properties', (t, program) => {
  const { read } = program;
  const { classEntry, propertyInfo } = read.structures;
  const [shelf, cabinet] = [classOf(program, 'Shelf'), classOf(program, 'Cabinet')];
  t.is(read.pointer(cabinet + classEntry.parent), shelf);
  const statics = (ce: number): unknown[] => {
    const count = read.uint32(ce + classEntry.defaultStaticMembersCount);
    const members = read.mapPointer(ce + classEntry.staticMembersTable);
    return Array.from({ length: count }, (_, index) => valueAt(program, members + 16 * index));
  };
  t.deepEqual(statics(shelf), [43, ['one', 'two', 'three']]);
  t.deepEqual(statics(cabinet), [43, ['one', 'two', 'three'], 'three drawers and a half']);
  const info = (name: string): number => read.find(shelf + classEntry.propertiesInfo, name)?.value ?? 0;
  t.is(read.string(read.pointer(info('weight') + propertyInfo.name)), '\0Shelf\0weight');
  t.is(read.string(read.pointer(info('owner') + propertyInfo.name)), '\0*\0owner');
  t.is(read.pointer(info('owner') + propertyInfo.ce), shelf);
  t.is(valueAt(program, objectOf(program, 'plain') + read.uint32(info('owner') + propertyInfo.offset)), 'nobody');
  t.is(valueAt(program, objectOf(program, 'plain') + read.uint32(info('weight') + propertyInfo.offset)), 7);
  t.deepEqual(
    ['count', 'books', 'owner'].map(
      (name) => (read.uint32(info(name) + propertyInfo.flags) & propertyInfo.staticFlag) > 0,
    ),
    [true, true, false],
  );
  t.is(read.uint32(info('books') + propertyInfo.offset), 1);
  t.is(read.uint32(shelf + classEntry.defaultPropertiesCount), 2);
  const defaults = read.pointer(shelf + classEntry.defaultPropertiesTable);
  t.deepEqual([valueAt(program, defaults), valueAt(program, defaults + 16)], ['nobody', 7]);
  const constant = (name: string): unknown =>
    valueAt(program, read.find(shelf + classEntry.constantsTable, name)?.value ?? 0);
  t.deepEqual([constant('LIMIT'), constant('NAMES')], [4711, ['first', 'second']]);
});

test('a function: static variables, names of variables, literals', (t, program) => {
  const { read } = program;
  const { opArray } = read.structures;
  const remember = functionOf(program, 'remember');
  t.deepEqual(table(program, read.mapPointer(remember + opArray.staticVariablesPtr)), {
    memory: ['remembered', 'something'],
  });
  const names = Array.from({ length: read.uint32(remember + opArray.lastVar) }, (_, index) =>
    read.string(read.pointer(read.pointer(remember + opArray.vars) + 8 * index)),
  );
  t.deepEqual(names, ['what', 'memory']);
  t.true(read.uint32(remember + opArray.temporaries) > 0 && read.uint32(remember + opArray.temporaries) < 10);
  const shutdown = functionOf(program, 'numbers');
  const literals = Array.from({ length: read.uint32(shutdown + opArray.lastLiteral) }, (_, index) =>
    valueAt(program, read.pointer(shutdown + opArray.literals) + 16 * index),
  );
  t.true(literals.includes('held by the generator') && literals.includes('a key') && literals.includes('a value'));
  if (opArray.dynamicFuncDefs !== null && opArray.numDynamicFuncDefs !== null) {
    const outer = functionOf(program, 'outer');
    t.is(read.uint32(outer + opArray.numDynamicFuncDefs), 1);
    const inner = read.pointer(read.pointer(outer + opArray.dynamicFuncDefs));
    t.regex(read.string(read.pointer(inner + read.engine.layout.func.functionName)) ?? '', /^\{closure/);
  }
});

test('a closure: its $this, the variables that it is bound to', (t, program) => {
  const { read } = program;
  const { closure, opArray } = read.structures;
  const bound = objectOf(program, 'closure');
  t.is(read.pointer(bound + closure.thisPtr), objectOf(program, 'plain'));
  t.is(read.pointer(bound + closure.calledScope), classOf(program, 'Cabinet'));
  t.deepEqual(table(program, read.mapPointer(bound + closure.func + opArray.staticVariablesPtr)), {
    step: 5,
    label: 'bound label',
    calls: 100,
  });
  t.is(read.zvalType(objectOf(program, 'static closure') + closure.thisPtr), TYPE.undef);
});

test('a generator: its values and the variables of its frame', (t, program) => {
  const { read } = program;
  const { generator } = read.structures;
  const suspended = objectOf(program, 'generator');
  t.is(valueAt(program, suspended + generator.value), 'a value');
  t.is(valueAt(program, suspended + generator.key), 'a key');
  t.like(variables(program, read.pointer(suspended + generator.executeData)), { local: 'held by the generator' });
  const finished = objectOf(program, 'finished generator');
  t.is(read.pointer(finished + generator.executeData), 0);
  t.deepEqual(valueAt(program, finished + generator.retval), ['held by the generator', null]);
});

test('a fiber: its callable, its result and the variables on its stack', (t, program) => {
  const { read, handles } = program;
  const { fiber, eg } = read.structures;
  t.is(fiber !== null, 'fiber' in handles);
  if (fiber === null || eg.activeFiber === null) return;
  t.is(read.pointer(read.eg(eg.activeFiber)), 0);
  const suspended = objectOf(program, 'fiber');
  t.is(valueAt(program, suspended + fiber.callable), 'object of Closure');
  // Innermost is Fiber::suspend, below it the function; at the bottom a frame that belongs to none.
  const { prev } = read.engine.layout.executeData;
  const frame = read.pointer(read.pointer(suspended + fiber.executeData) + prev);
  t.deepEqual(variables(program, frame), { argument: 'an argument', inFiber: 'held by the fiber' });
  t.is(read.pointer(frame + prev), read.pointer(suspended + fiber.stackBottom));
  // The page's first word is its top: the bottom frame follows the page's header.
  const page = read.pointer(suspended + fiber.stackBottom) - 32;
  t.true(read.pointer(page + 8) > page && read.pointer(page + 16) === 0);
  t.is(valueAt(program, objectOf(program, 'finished fiber') + fiber.result), 'the result');
});

test('a weak map, and the objects that are referred to weakly', (t, program) => {
  const { read } = program;
  const { weakMap, eg } = read.structures;
  t.is(weakMap !== null, 'weak map' in program.handles);
  if (weakMap === null) return;
  const elements = [...read.elements(objectOf(program, 'weak map') - weakMap.std + weakMap.table)];
  t.deepEqual(
    elements.map(({ zval, h }) => [h * 2 ** weakMap.keyShift, valueAt(program, zval)]),
    [[objectOf(program, 'plain'), 'kept for the plain one']],
  );
  const weak = [...read.elements(read.eg(eg.weakrefs))].map(({ h }) => h * 2 ** weakMap.keyShift);
  t.deepEqual(weak, [objectOf(program, 'plain')]);
});

test('shutdown functions are in a table of their own', (t, program) => {
  const { read } = program;
  const { shutdownFunctions } = read.structures;
  if (shutdownFunctions === null || read.places.basicGlobals === undefined) return t.fail('no basic_globals');
  t.is([...read.elements(read.pointer(read.places.basicGlobals + shutdownFunctions))].length, 1);
});

test('the process confirms what was derived', (t, { target }) => {
  const found = Object.fromEntries(target.structures().checks.map((check) => [check.name, check.found]));
  t.is(found['table of constants'], `PHP_VERSION is ${target.version}`);
  t.is(found['generators'], '2 looked at have values, 1 have a frame that names its generator');
  t.is(found['static members'], '5, of 2 classes, have a type each');
});

type Group = keyof Structures;

/** Offsets that are a word off, and what the process is found to contradict. */
const WRONG: readonly (readonly [Group, string, number, RegExp])[] = [
  ['eg', 'zendConstants', 8, /table of constants/],
  ['eg', 'iniDirectives', -8, /ini settings/],
  ['eg', 'regularList', 8, /resources/],
  ['eg', 'persistentList', 8, /resources/],
  ['eg', 'userErrorHandlers', 8, /handlers/],
  ['eg', 'userErrorHandlers', -24, /handlers .*have 4 bytes/],
  ['eg', 'objectsStore', 8, /store of objects/],
  ['eg', 'weakrefs', -8, /weak references/],
  ['cg', 'arena', 8, /arena/],
  ['cg', 'internedStrings', -8, /interned strings/],
  ['cg', 'mapPtrBase', 8, /map pointers/],
  ['opArray', 'vars', 8, /functions/],
  ['opArray', 'literals', -8, /functions/],
  ['classEntry', 'parent', 8, /properties of a class/],
  ['classEntry', 'propertiesInfo', 56, /properties of a class/],
  ['classEntry', 'constantsTable', -56, /constants of a class/],
  ['propertyInfo', 'name', 8, /properties of a class/],
  ['propertyInfo', 'ce', 8, /properties of a class/],
  ['closure', 'func', 8, /closures/],
  ['closure', 'thisPtr', -8, /closures/],
  ['generator', 'executeData', 16, /generators/],
];

test('an offset that is a word off is refused with what was found', (t, { target }) => {
  const { structures, memory, checks } = target.structures();
  // Nothing to contradict where 7.4 and 8.0 have no map pointers yet.
  const given = checks.find(({ name }) => name === 'map pointers')?.found;
  for (const [group, field, distance, expected] of WRONG) {
    if (field === 'mapPtrBase' && /^none/.test(given ?? '')) continue;
    const right = structures[group] as unknown as Record<string, number>;
    const wrong = { ...structures, [group]: { ...right, [field]: (right[field] ?? 0) + distance } };
    const error = t.throws(() => proveStructures(new StructureMemory(memory.engine, wrong, memory.places)), {
      instanceOf: PhptraceError,
    });
    t.regex(error?.message ?? '', expected, `${group}.${field} ${String(distance)}`);
  }
});
