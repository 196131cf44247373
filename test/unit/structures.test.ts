import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { Disassembler } from '../../src/php/disassembly.js';
import { deriveEngineLayout } from '../../src/php/engine-layout.js';
import { deriveOffsets, deriveStructures } from '../../src/php/derive-structures.js';
import type { DerivedStructures } from '../../src/php/derive-structures.js';
import { structuresVersion } from '../../src/php/structure-versions.js';
import { CutImage, cutBinary } from '../fixtures/sites/image.js';

const BUILDS = ['debian-8.2.36', 'debian-libphp-8.2.36', 'libphp-7.4.33', 'libphp-8.1.29', 'libphp-8.5.2'];

function derive(image: CutImage, version: string, loadBias = 0): DerivedStructures {
  return deriveStructures(image, deriveEngineLayout(new Disassembler(image), version), (place) =>
    'address' in place ? place.address + loadBias : place.offsetAt,
  );
}

function of(build: string): DerivedStructures {
  return derive(new CutImage(cutBinary(build)), cutBinary(build).version);
}

test('what is derived can be kept as JSON and read back', (t) => {
  for (const build of BUILDS) {
    const image = new CutImage(cutBinary(build));
    const layout = deriveEngineLayout(new Disassembler(image), cutBinary(build).version);
    const derived = deriveOffsets(image, layout);
    t.deepEqual(JSON.parse(JSON.stringify(derived)), derived, build);
  }
});

test('what a snapshot of Debian 8.2.36 follows is as its headers say', (t) => {
  t.deepEqual(of('debian-8.2.36').structures, {
    eg: {
      regularList: 560,
      persistentList: 616,
      userErrorHandler: 680,
      userExceptionHandler: 696,
      userErrorHandlers: 736,
      userExceptionHandlers: 760,
      exception: 864,
      objectsStore: 840,
      zendConstants: 448,
      iniDirectives: 816,
      activeFiber: 1680,
      weakrefs: 1568,
      lazyObjects: null,
    },
    cg: { arena: 328, internedStrings: 336, mapPtrBase: 480 },
    opArray: {
      fnFlags: 4,
      lastVar: 76,
      lastLiteral: 176,
      vars: 112,
      staticVariables: 104,
      staticVariablesPtr: 96,
      temporaries: 56,
      literals: 184,
      runTimeCache: 64,
      dynamicFuncDefs: 192,
      numDynamicFuncDefs: 180,
      sizeBytes: 248,
    },
    classEntry: {
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
      mutableData: 232,
    },
    propertyInfo: { offset: 0, flags: 4, name: 8, ce: 32, staticFlag: 16 },
    closure: { func: 56, thisPtr: 304, calledScope: 320 },
    generator: { executeData: 56, value: 72, key: 88, retval: 104, sendTarget: 120, values: 136 },
    fiber: { callable: 192, executeData: 280, stackBottom: 288, result: 304 },
    mapPtr: { baseCorrection: 0, even: 'direct' },
    indirectType: 12,
    gcGlobals: 0x58cd20,
    resource: { type: 16, ptr: 24 },
    weakMap: { table: 0, std: 56, keyShift: 3 },
    shutdownFunctions: 0,
  });
});

test('7.4 has no fibers, weak maps and dynamic functions, and looks behind even map pointers', (t) => {
  t.like(of('libphp-7.4.33').structures, {
    fiber: null,
    weakMap: null,
    mapPtr: { baseCorrection: -1, even: 'slot' },
    indirectType: 13,
    resource: { type: 12, ptr: 16 },
    generator: { executeData: 64 },
    opArray: { dynamicFuncDefs: null, numDynamicFuncDefs: null, sizeBytes: 224 },
    classEntry: { mutableData: null },
    propertyInfo: { ce: 24 },
  });
});

for (const build of BUILDS) {
  test(`${build}: code and table agree on what a snapshot follows, and every number has its proof`, (t) => {
    const { structures, proofs } = of(build);
    const known = structuresVersion(cutBinary(build).version);
    t.truthy(known);
    t.like(structures.eg, known?.eg ?? {});
    t.like(structures.cg, known?.cg ?? {});
    t.like(structures.opArray, known?.opArray ?? {});
    t.deepEqual(structures.mapPtr, known?.mapPtr);
    t.is(structures.weakMap?.keyShift ?? 0, known?.weakKeyShift ?? -1);
    for (const [group, fields] of Object.entries(structures)) {
      if (fields === null) continue;
      const all = typeof fields === 'object' ? Object.entries(fields as object) : [['', fields]];
      for (const [field, value] of all as [string, unknown][]) {
        if (value === null || field === 'fnFlags') continue;
        const name = field === '' ? group : `${group}.${field}`;
        t.is(proofs.find((proof) => proof.field === name)?.value, value as number, name);
      }
    }
  });
}

test('the address of the globals of the collector is one of the process', (t) => {
  const image = new CutImage(cutBinary('debian-8.2.36'));
  t.is(derive(image, '8.2.36', 0x1000000).structures.gcGlobals, 0x158cd20);
});

test('what the binary shows wins over the table of structures, and the proof says so', (t) => {
  // The closure and the objects of 8.2 read with the row of 8.3.
  const { structures, proofs } = derive(new CutImage(cutBinary('debian-8.2.36')), '8.3.0');
  t.is(structures.closure.thisPtr, 304);
  t.is(structures.eg.regularList, 560);
  t.regex(proofs.find(({ field }) => field === 'eg.regularList')?.proof ?? '', /table of versions says 568/);
});

test('a function that is missing leaves its structure to the table', (t) => {
  const image = new CutImage(cutBinary('debian-8.2.36')).remove('zend_objects_store_put').remove('gc_possible_root');
  const { structures, proofs } = derive(image, '8.2.36');
  t.is(structures.eg.objectsStore, 840);
  t.is(structures.gcGlobals, null);
  t.regex(proofs.find(({ field }) => field === 'eg.objectsStore')?.proof ?? '', /does not show it/);
});

test('a closure that differs from the table is taken as the code has it', (t) => {
  const image = new CutImage(cutBinary('debian-8.2.36'));
  // zend_get_closure_this_ptr adds 0x130: make it 0x138, which the closure of 8.2 does not have.
  const place = image.symbol('zend_get_closure_this_ptr')?.address ?? 0;
  image.patch(place + 5, '38010000');
  const { structures, proofs } = derive(image, '8.2.36');
  t.is(structures.closure.thisPtr, 312);
  t.regex(proofs.find(({ field }) => field === 'closure.thisPtr')?.proof ?? '', /table of versions says 304/);
});

test('a version whose structures nobody has checked is refused with the place to add it', (t) => {
  const image = new CutImage(cutBinary('debian-8.2.36'));
  const engine = { ...deriveEngineLayout(new Disassembler(image), '8.2.36'), version: '8.6.0' };
  const error = t.throws(() => deriveStructures(image, engine, () => 0), { instanceOf: PhptraceError });
  t.regex(error.message, /8\.6\.0.*structure-versions\.ts/);
});
