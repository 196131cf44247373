import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { Disassembler } from '../../src/php/disassembly.js';
import { deriveEngineLayout } from '../../src/php/engine-layout.js';
import { deriveHeapLayout } from '../../src/php/heap-layout.js';
import { deriveStructures } from '../../src/php/derive-structures.js';
import { findProbeSites } from '../../src/php/probe-sites.js';
import type { GlobalPlace } from '../../src/php/thread-storage.js';
import { CutImage, cutBinary } from '../fixtures/sites/image.js';

// A thread-safe PHP 8.2.32, built from Debian's source: what the code of other builds reads at addresses, it reads in
// the block of the thread.

const BUILD = 'debian-zts-8.2.32';

function open(): CutImage {
  return new CutImage(cutBinary(BUILD));
}

test('the heap is found in the block of the thread, and each guard is proven', (t) => {
  const code = new Disassembler(open());
  const sites = findProbeSites(code);
  t.deepEqual(sites.storage, { cacheOffset: -24 });
  t.deepEqual(sites.allocGlobals, { offsetAt: 0xa15c78 });
  t.is(sites.alloc.length, 33);
  t.is(sites.free.length, 33);
  const any = sites.alloc.find(({ symbol }) => symbol === '_emalloc');
  t.like(any, { address: 0x410a6a, heapIn: 'rax', sizeIn: 'rdi', customIfZero: false });
  const { size, freeSlot, hugeList, chunkMap } = deriveHeapLayout(code, sites);
  t.deepEqual({ size, freeSlot, hugeList, chunkMap }, { size: 16, freeSlot: 32, hugeList: 304, chunkMap: 520 });
});

test('members of executor_globals are those of a build that is not thread-safe', (t) => {
  const layout = deriveEngineLayout(new Disassembler(open()), '8.2.32');
  t.deepEqual(layout.executorGlobals, { offsetAt: 0xa15d48 });
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
  t.false(layout.proofs.some(({ proof }) => /does not show it/.test(proof)));
});

test("the collector's globals are known by the word that holds their offset", (t) => {
  const image = open();
  const places: GlobalPlace[] = [];
  deriveStructures(image, deriveEngineLayout(new Disassembler(image), '8.2.32'), (place) => {
    places.push(place);
    return 0x1000;
  });
  t.deepEqual(places, [{ offsetAt: 0xa17208 }]);
});

test('shutdown functions are looked for where basic_globals begins, if its number is exported', (t) => {
  const cut = cutBinary(BUILD);
  const offsetIn = (image: CutImage): number | null =>
    deriveStructures(image, deriveEngineLayout(new Disassembler(image), '8.2.32'), () => 0x1000).structures
      .shutdownFunctions;
  const basicGlobalsId = { address: '0xa14550', sizeBytes: 4 };
  t.is(offsetIn(new CutImage({ ...cut, symbols: { ...cut.symbols, basic_globals_id: basicGlobalsId } })), 0);
  t.is(offsetIn(new CutImage(cut)), null);
});

const SPOILT: readonly [string, (image: CutImage) => CutImage, RegExp][] = [
  ['a guard that reads other storage of the thread', (image) => image.patch(0x410a53, 'e0'), /_emalloc\b/],
  ['a guard that reads another structure of the block', (image) => image.patch(0x410a5e, '1e'), /_emalloc\b/],
  [
    'a heap that is not the first word of its structure',
    (image) => image.patch(0x411c32, '488b4c0200'),
    /zend_mm_get_heap/,
  ],
  ['no way to the storage', (image) => image.remove('tsrm_get_ls_cache_tcb_offset'), /thread-safe.*cannot be found/],
  ['a storage that is not told', (image) => image.patch(0x3d10d0, '31c0c3'), /thread-safe.*does not return it/],
];

for (const [what, spoil, named] of SPOILT) {
  test(`${what} is refused`, (t) => {
    const error = t.throws(() => findProbeSites(new Disassembler(spoil(open()))), { instanceOf: PhptraceError });
    t.regex(error.message, named);
  });
}
