import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { BIN_SIZES, binOfSize } from '../../src/php/bins.js';
import { Disassembler } from '../../src/php/disassembly.js';
import { deriveEngineLayout } from '../../src/php/engine-layout.js';
import type { EngineLayout } from '../../src/php/engine-layout.js';
import { deriveHeapLayout } from '../../src/php/heap-layout.js';
import type { HeapLayout } from '../../src/php/heap-layout.js';
import { findProbeSites } from '../../src/php/probe-sites.js';
import { engineVersion } from '../../src/php/versions.js';
import { CUT_BUILDS, CutImage, cutBinary } from '../fixtures/sites/image.js';

function open(build: string): CutImage {
  return new CutImage(cutBinary(build));
}

function heapOf(image: CutImage): HeapLayout {
  const code = new Disassembler(image);
  return deriveHeapLayout(code, findProbeSites(code));
}

function engineOf(image: CutImage, version: string): EngineLayout {
  return deriveEngineLayout(new Disassembler(image), version);
}

test('the heap of Debian 8.2.36 is laid out by its own functions', (t) => {
  const { proofs, ...layout } = heapOf(open('debian-8.2.36'));
  t.deepEqual(layout, {
    useCustomHeap: 0,
    size: 16,
    peak: 24,
    realSize: 272,
    realPeak: 280,
    freeSlot: 32,
    hugeList: 320,
    mainChunk: 328,
    chunkMap: 544,
    minBinSize: 8,
  });
  t.true(proofs.some(({ field, proof }) => field === 'freeSlot' && /60 functions/.test(proof)));
});

test('the heap differs between builds', (t) => {
  t.like(heapOf(open('libphp-7.4.33')), { freeSlot: 32, hugeList: 304, mainChunk: 312, chunkMap: 520, minBinSize: 8 });
  t.like(heapOf(open('libphp-8.1.29')), { freeSlot: 32, hugeList: 304, mainChunk: 312, chunkMap: 520, minBinSize: 8 });
  t.like(heapOf(open('libphp-8.5.2')), { freeSlot: 40, hugeList: 312, mainChunk: 320, chunkMap: 592, minBinSize: 16 });
});

test('clang makes one load of two counters: they are told by the function that copies both', (t) => {
  const { proofs, ...layout } = heapOf(open('clang-8.2.32'));
  t.deepEqual(layout, {
    useCustomHeap: 0,
    size: 16,
    peak: 24,
    realSize: 272,
    realPeak: 280,
    freeSlot: 32,
    hugeList: 304,
    mainChunk: 312,
    chunkMap: 520,
    minBinSize: 8,
  });
  t.regex(proofs.find(({ field }) => field === 'realPeak')?.proof ?? '', /zend_memory_reset_peak_usage/);
});

test('where neither shows a counter the build is refused', (t) => {
  const image = open('clang-8.2.32').remove('zend_memory_reset_peak_usage');
  t.throws(() => heapOf(image), { instanceOf: PhptraceError, message: /zend_memory_reset_peak_usage/ });
});

test('a bin whose free list lies elsewhere contradicts the others and is refused', (t) => {
  const image = open('debian-8.2.36');
  // _emalloc_56 loads and stores free_slot[6] at heap + 0x50: make it free_slot[7].
  const load = image.symbol('_emalloc_56')?.address ?? 0;
  image.patch(load + 0x2b, '58').patch(load + 0x3b, '58');
  const code = new Disassembler(image);
  const sites = findProbeSites(code);
  const error = t.throws(() => deriveHeapLayout(code, sites), { instanceOf: PhptraceError });
  t.regex(error.message, /freeSlot/);
});

test('another table of block sizes is refused', (t) => {
  const image = open('debian-8.2.36');
  const [table] = Object.keys(cutBinary('debian-8.2.36').data).map(Number);
  image.patch(table ?? 0, '09000000');
  const code = new Disassembler(image);
  const sites = findProbeSites(code);
  t.throws(() => deriveHeapLayout(code, sites), { instanceOf: PhptraceError, message: /bin 0/ });
});

test('the engine of Debian 8.2.36 is as its headers say', (t) => {
  const layout = engineOf(open('debian-8.2.36'), '8.2.36');
  t.deepEqual(layout.executorGlobals, { address: 0x58ae60, sizeBytes: 1800 });
  t.deepEqual(layout.eg, {
    symbolTable: 304,
    includedFiles: 360,
    functionTable: 432,
    classTable: 440,
    vmStackTop: 456,
    vmStackEnd: 464,
    vmStack: 472,
    currentExecuteData: 488,
  });
  t.deepEqual(layout.opArray, { refcount: 120, last: 80, opcodes: 88, filename: 152, lineStart: 160 });
  t.deepEqual(layout.executeData, { opline: 0, call: 8, returnValue: 16, func: 24, this: 32, prev: 48 });
  t.deepEqual(layout.classEntry, { name: 8, functionTable: 64, filename: 480 });
  t.like(layout.zendOp, { sizeBytes: 32, lineno: 24, opcode: 28 });
  t.is(layout.hashTable.packedElementBytes, 16);
});

test('other versions are laid out otherwise', (t) => {
  t.like(engineOf(open('libphp-7.4.33'), '7.4.33'), {
    opArray: { refcount: 104, last: 60, opcodes: 64, filename: 136, lineStart: 144 },
    hashTable: { packedElementBytes: 32 },
    classEntry: { filename: 432 },
  });
  t.like(engineOf(open('libphp-8.1.29'), '8.1.29'), {
    opArray: { refcount: 112, last: 68, opcodes: 72, filename: 144, lineStart: 152 },
  });
  t.like(engineOf(open('libphp-8.5.2'), '8.5.2'), {
    eg: { currentExecuteData: 512, functionTable: 456, classTable: 464, vmStackTop: 480 },
    opArray: { refcount: 136, last: 96, opcodes: 104, filename: 168, lineStart: 176 },
  });
});

for (const build of CUT_BUILDS) {
  test(`${build}: code and table of versions agree, and every number has its proof`, (t) => {
    const { version } = cutBinary(build);
    const layout = engineOf(open(build), version);
    const known = engineVersion(version);
    t.truthy(known);
    t.like(layout.eg, known?.eg ?? {});
    t.like(layout.opArray, known?.opArray ?? {});
    t.is(layout.hashTable.packedElementBytes, known?.packedElementBytes ?? 0);
    const groups = ['eg', 'executeData', 'func', 'opArray', 'classEntry', 'zendOp', 'zendString', 'bucket'] as const;
    for (const group of [...groups, 'hashTable' as const]) {
      for (const [name, value] of Object.entries(layout[group])) {
        t.is(layout.proofs.find(({ field }) => field === `${group}.${name}`)?.value, value, `${group}.${name}`);
      }
    }
  });
}

test('what the binary shows wins over the table, and the proof says so', (t) => {
  // The op_array of 8.2 read with the table's row of 8.3.
  const layout = engineOf(open('debian-8.2.36'), '8.3.0');
  t.is(layout.opArray.filename, 152);
  t.regex(layout.proofs.find(({ field }) => field === 'opArray.filename')?.proof ?? '', /table of versions says 144/);
});

test('a function that is missing leaves its field to the table', (t) => {
  const layout = engineOf(open('debian-8.2.36').remove('zend_lookup_class_ex'), '8.2.36');
  t.is(layout.eg.classTable, 440);
  t.regex(layout.proofs.find(({ field }) => field === 'eg.classTable')?.proof ?? '', /does not show it/);
});

test('a version that nobody has checked is refused with the place to add it', (t) => {
  const error = t.throws(() => engineOf(open('debian-8.2.36'), '8.6.0'), { instanceOf: PhptraceError });
  t.regex(error.message, /8\.6\.0.*versions\.ts/);
});

test('a thread-safe build that does not tell where its threads keep their globals is refused', (t) => {
  const cut = cutBinary('debian-8.2.36');
  const { executor_globals: globals, ...symbols } = cut.symbols;
  t.truthy(globals);
  const offset = { address: '0x1000', sizeBytes: 8 };
  const image = new CutImage({ ...cut, symbols: { ...symbols, executor_globals_offset: offset } });
  t.throws(() => engineOf(image, '8.2.36'), { instanceOf: PhptraceError, message: /thread-safe/ });
});

test('sizes go to the smallest bin that holds them', (t) => {
  const bins = binOfSize(8);
  t.is(bins.length, 3073);
  for (let size = 1; size <= 3072; size++) {
    const bin = bins[size] ?? -1;
    t.true((BIN_SIZES[bin] ?? 0) >= size && (bin === 0 || (BIN_SIZES[bin - 1] ?? 0) < size), `size ${size}`);
  }
  t.is(bins[0], 0);
});

test('from 8.4 on a size under 16 goes to the bin of 16', (t) => {
  const bins = binOfSize(16);
  t.deepEqual([...bins.subarray(0, 18)], [...Array<number>(17).fill(1), 2]);
  t.deepEqual(bins.subarray(16), binOfSize(8).subarray(16));
});
