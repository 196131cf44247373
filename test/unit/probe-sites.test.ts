import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { BIN_SIZES } from '../../src/php/bins.js';
import { Disassembler } from '../../src/php/disassembly.js';
import { findProbeSites } from '../../src/php/probe-sites.js';
import type { AllocSite, FreeSite, ProbeSites } from '../../src/php/probe-sites.js';
import { CUT_BUILDS, CutImage, cutBinary } from '../fixtures/sites/image.js';

function sitesOf(build: string): ProbeSites {
  return findProbeSites(new Disassembler(new CutImage(cutBinary(build))));
}

function one<T extends { readonly symbol: string }>(sites: readonly T[], symbol: string): T {
  const found = sites.find((site) => site.symbol === symbol);
  if (found === undefined) throw new Error(`no site of ${symbol}`);
  return found;
}

/** `kind address argument-register heap-register` */
function told(site: AllocSite | FreeSite): string {
  const argument = 'pointerIn' in site ? site.pointerIn : 'sizeIn' in site ? site.sizeIn : '-';
  return `${site.kind} ${site.address.toString(16)} ${argument} ${site.heapIn}`;
}

function results(sites: ProbeSites): string[] {
  return sites.results.map(({ from, address }) => `${from} ${address.toString(16)}`).sort();
}

test('Debian 8.2.36: each kind of allocation is probed at its guard, argument followed', (t) => {
  const { alloc, free, realloc, allocGlobals } = sitesOf('debian-8.2.36');
  t.deepEqual(allocGlobals, { address: 0x58ae50, sizeBytes: 8 });
  t.is(told(one(alloc, '_emalloc')), 'any 2d7d3b rdi rax');
  t.is(told(one(alloc, '_emalloc_8')), 'small 2d6a3b - rdi');
  t.is(told(one(alloc, '_emalloc_large')), 'large 2d74c2 rdi rbp');
  t.is(told(one(alloc, '_emalloc_huge')), 'huge 2d751e rsi rdi');
  t.is(told(one(free, '_efree')), 'any 2d7dfb rdi rax');
  t.is(told(one(free, '_efree_320')), 'small 2d793b rdi rax');
  t.is(told(one(free, '_efree_large')), 'large 2d7cbb rdi rax');
  t.is(told(one(free, '_efree_huge')), 'huge 2d7d1e rsi rdi');
  t.like(one(realloc, '_erealloc'), {
    address: 0x2d7ed0,
    pointerIn: 'rdi',
    sizeIn: 'rsi',
    heapIn: 'rbp',
    nullGoesTo: 'zend_mm_alloc',
  });
  t.is(realloc.length, 2);
});

test('Debian 8.2.36: results are seen where the slow, large, huge and realloc parts return', (t) => {
  t.deepEqual(results(sitesOf('debian-8.2.36')), [
    'huge 2d5217',
    'large 2d4fbe',
    'large 2d74e0',
    'realloc_huge 2d566b',
    'realloc_slow 2d5472',
    'small_slow 2d50d2',
    'small_slow 2d50f3',
  ]);
});

test('libphp 7.4.33: results are seen at the returns', (t) => {
  t.deepEqual(results(sitesOf('libphp-7.4.33')), [
    'huge 2d6bb5',
    'large 2d69cf',
    'large 2d8cf1',
    'realloc_huge 2d6f33',
    'realloc_slow 2d6d40',
    'small_slow 2d6ab0',
  ]);
});

test('libphp 8.1.29: the size of _emalloc has moved to rsi, the pointer of _efree_huge has not moved', (t) => {
  const { alloc, free } = sitesOf('libphp-8.1.29');
  t.is(told(one(alloc, '_emalloc')), 'any 42ed9e rsi rdi');
  t.is(told(one(free, '_efree_huge')), 'huge 42ed42 rdi rbx');
});

test('libphp 8.5.2: _emalloc_8 goes on to _emalloc_16 and needs no site', (t) => {
  const { alloc, forwarded } = sitesOf('libphp-8.5.2');
  t.deepEqual(forwarded, [
    { from: '_emalloc_8', to: '_emalloc_16' },
    { from: '_efree_8', to: '_efree_16' },
  ]);
  t.false(alloc.some(({ symbol }) => symbol === '_emalloc_8'));
  t.is(told(one(alloc, '_emalloc')), 'any 597240 rdi r8');
});

test('a library that calls itself by linkage stubs: a realloc of NULL still goes to _zend_mm_alloc', (t) => {
  const { realloc } = sitesOf('debian-libphp-8.2.36');
  t.like(one(realloc, '_erealloc'), { nullGoesTo: 'zend_mm_alloc' });
  t.like(one(realloc, '_erealloc2'), { nullGoesTo: 'zend_mm_alloc' });
});

for (const build of CUT_BUILDS) {
  test(`${build}: every size has its bin, every site its own address`, (t) => {
    const { alloc, free, realloc, results: seen, heapApi, forwarded } = sitesOf(build);
    const skipped = forwarded.map(({ from }) => from);
    for (const [bin, size] of BIN_SIZES.entries()) {
      if (skipped.includes(`_emalloc_${size}`)) continue;
      t.like(one(alloc, `_emalloc_${size}`), { kind: 'small', bin });
      t.like(one(free, `_efree_${size}`), { kind: 'small', bin });
    }
    const all = [...alloc, ...free, ...realloc, ...heapApi.alloc, ...heapApi.free, ...heapApi.realloc, ...seen];
    t.is(new Set(all.map(({ address }) => address)).size, all.length);
    t.true([...alloc, ...free, ...realloc].every(({ customIfZero }) => customIfZero === false));
  });

  test(`${build}: the heap API is probed with the heap as an argument`, (t) => {
    const { heapApi } = sitesOf(build);
    t.like(one(heapApi.alloc, '_zend_mm_alloc'), { heapIn: 'rdi', sizeIn: 'rsi', customIfZero: undefined });
    t.like(one(heapApi.free, '_zend_mm_free'), { heapIn: 'rdi', pointerIn: 'rsi' });
    t.is(heapApi.realloc.length, 2);
  });
}

/** What is done to Debian's binary, and what the refusal must name. */
const SPOILT: readonly (readonly [string, (image: CutImage) => CutImage, RegExp])[] = [
  ['a guard that is no conditional jump', (image) => image.patch(0x2d7d3b, '0f1f8000000000'), /_emalloc\b.*0x2d7d/],
  ['a guard that jumps on the sign', (image) => image.patch(0x2d7d3b, '0f88'), /_emalloc\b.*js at 0x2d7d3b/],
  ['a test of another register', (image) => image.patch(0x2d7d39, '85c9'), /_emalloc\b.*0x2d7d3b does not test/],
  ['a load of another word of the heap', (image) => image.patch(0x2d7d37, '8b12'), /_emalloc\b.*0x2d7d3b/],
  ['a heap that is not alloc_globals', (image) => image.patch(0x2d7d33, '20'), /_emalloc\b.*0x2d7d3b/],
  ['a clobbered size', (image) => image.patch(0x2d7d37, '8b38').patch(0x2d7d39, '85ff'), /_emalloc\b.*argument 0/],
  ["a bin that is not the symbol's", (image) => image.patch(0x2d6c50, 'be07000000'), /_emalloc_\*/],
  ['a huge path that returns', (image) => image.patch(0x2d7524, 'c3'), /_emalloc_huge/],
  ['bytes that are no instruction', (image) => image.patch(0x2d7df0, '06'), /0x2d7df0/],
  ['no _efree', (image) => image.remove('_efree'), /no symbol _efree/],
  ['no zend_mm_get_heap', (image) => image.remove('zend_mm_get_heap'), /no symbol zend_mm_get_heap/],
];

for (const [what, spoil, named] of SPOILT) {
  test(`${what} is refused, and the message names where`, (t) => {
    const image = spoil(new CutImage(cutBinary('debian-8.2.36')));
    const error = t.throws(() => findProbeSites(new Disassembler(image)), { instanceOf: PhptraceError });
    t.regex(error.message, named);
    t.notRegex(error.message, /\n/);
  });
}

test('a heap API that compares something else than its size is refused', (t) => {
  const image = new CutImage(cutBinary('debian-8.2.36'));
  const entry = image.symbol('_zend_mm_alloc')?.address ?? 0;
  image.patch(entry, '4881fa000c0000'); // cmp rdx, 3072
  const error = t.throws(() => findProbeSites(new Disassembler(image)), { instanceOf: PhptraceError });
  t.regex(error.message, /_zend_mm_alloc.*tests argument 2/);
});
