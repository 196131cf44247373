import test from 'ava';
import { Ledger } from '../../src/trace/ledger.js';
import type { LoopRecord } from '../../src/trace/records.js';

const ADDRESS = 0x7f12_0020_0000;
/** Sites. */
const KEEP = 10;
const FREE = 20;
/** Events carry 0 outside any loop, else 1 + the hook's number. */
const OUTSIDE = 0;
const IN_FIRST = 1;

test('call 0 is not recorded, and a loop is settled when the next one has ended', (t) => {
  const { ledger, records } = books();
  loops(ledger, 4);
  t.deepEqual(
    records.map(({ loop }) => loop),
    [1],
  );
  loops(ledger, 1);
  t.deepEqual(
    records.map(({ loop }) => loop),
    [1, 2],
  );
  t.deepEqual(ledger.loopsSeen, [5]);
});

test('a block that outlives the next loop is residue of the loop in which it was born', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  ledger.alloc(ADDRESS + 320, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 3);
  t.deepEqual(records[0]?.residue, [{ site: KEEP, path: 0, outside: false, blocks: 2, bytes: 640 }]);
  t.deepEqual(records[0]?.offset, []);
  t.deepEqual(records[1]?.residue, []);
});

test('a block freed in its own loop leaves no trace but a birth', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 320, FREE, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { loop: 1, residue: [], offset: [], lateFrees: [], births: 1, explained: 0 });
});

test('a block freed in the next loop is not reported but counted as offset', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 1);
  ledger.free(ADDRESS, 320, FREE, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(records[0]?.residue, []);
  t.deepEqual(records[0]?.offset, [{ site: KEEP, path: 0, outside: false, blocks: 1, bytes: 320 }]);
  t.deepEqual(records[1]?.lateFrees, []);
});

test('a free two loops later carries where and in which loop its blocks were born', (t) => {
  const { ledger, records } = books();
  loops(ledger, 1);
  ledger.alloc(ADDRESS, 12288, KEEP, 5, IN_FIRST);
  ledger.alloc(ADDRESS + 12288, 12288, KEEP, 5, IN_FIRST);
  loops(ledger, 2);
  ledger.free(ADDRESS, 12288, FREE, IN_FIRST);
  ledger.free(ADDRESS + 12288, 12288, FREE, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(records[1], {
    ...records[1]!,
    loop: 2,
    lateFrees: [{ site: FREE, birthSite: KEEP, birthPath: 5, birthLoop: 0, outside: false, blocks: 2, bytes: 24576 }],
  });
});

test('a block from before the first boundary is of loop -1', (t) => {
  const { ledger, records } = books();
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  loops(ledger, 2);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0]?.lateFrees[0], { birthLoop: -1, outside: true, bytes: 64 });
});

test('a block from before the first boundary ends within the loops where its line makes such blocks in loops', (t) => {
  const { ledger, records } = books();
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  ledger.alloc(ADDRESS + 4096, 64, KEEP, 0, OUTSIDE);
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 8192, 64, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { residue: [{ outside: false, blocks: 1 }], explained: 0 });
  t.like(records[0]?.lateFrees, [{ birthSite: KEEP, birthLoop: -1, outside: false, blocks: 1, bytes: 64 }]);
  ledger.reset(0);
  loops(ledger, 2);
  const dropped = records.flatMap(({ lateFrees }) => lateFrees.filter(({ site }) => site === null));
  t.deepEqual(
    dropped.map(({ birthLoop, outside }) => [birthLoop, outside]),
    [
      [-1, false],
      [1, false],
    ],
  );
});

test('a block from before the first boundary whose line is both in loops and between them ends as what it ends in', (t) => {
  const { ledger, records } = books();
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  ledger.alloc(ADDRESS + 4096, 64, KEEP, 0, OUTSIDE);
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 8192, 64, KEEP, 0, IN_FIRST);
  ledger.alloc(ADDRESS + 12288, 64, KEEP, 0, OUTSIDE);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  ledger.free(ADDRESS + 4096, 64, FREE, OUTSIDE);
  loops(ledger, 2);
  t.deepEqual(
    records[0]?.lateFrees.map(({ birthLoop, outside }) => [birthLoop, outside]),
    [
      [-1, false],
      [-1, true],
    ],
  );
});

for (const [where, kernelHook, outside] of [
  ['a loop', IN_FIRST, false],
  ['between loops', OUTSIDE, true],
] as const) {
  test(`a block from before the first boundary that is resized in ${where} goes on as what it ends as`, (t) => {
    const { ledger, records } = books();
    ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
    ledger.realloc(ADDRESS, 64, ADDRESS, 128, KEEP, 0, OUTSIDE);
    loops(ledger, 2);
    ledger.alloc(ADDRESS + 4096, 64, KEEP, 0, IN_FIRST);
    ledger.realloc(ADDRESS, 128, ADDRESS, 256, KEEP, 0, kernelHook);
    ledger.free(ADDRESS + 4096, 64, FREE, IN_FIRST);
    loops(ledger, 3);
    const [first] = records;
    t.like(first?.lateFrees, [{ birthLoop: -1, outside, blocks: 1, bytes: 128 }]);
    t.like(first?.residue, [{ site: KEEP, outside, blocks: 1, bytes: 256 }]);
  });
}

test('a block from before the first boundary that ends in call 0 takes none from a later loop', (t) => {
  const { ledger, records } = books();
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  loops(ledger, 1);
  ledger.alloc(ADDRESS + 4096, 64, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  loops(ledger, 1);
  for (let loop = 1; loop <= 4; loop++) {
    ledger.alloc(ADDRESS + 8192 * loop, 64, KEEP, 0, IN_FIRST);
    loops(ledger, 1);
  }
  loops(ledger, 1);
  t.deepEqual(
    records.map(({ residue }) => residue.map(({ blocks }) => blocks)),
    [[1], [1], [1], [1]],
  );
});

test('what is allocated between loops is marked and belongs to the hook that last began a loop', (t) => {
  const { ledger, records } = books(2);
  loops(ledger, 2, 0);
  loops(ledger, 2, 1);
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  loops(ledger, 2, 1);
  t.deepEqual(records, [
    { ...records[0]!, hook: 1, loop: 1, residue: [{ site: KEEP, path: 0, outside: true, blocks: 1, bytes: 64 }] },
  ]);
});

test('two hooks keep their loops apart, and a block stays with the hook it was born in', (t) => {
  const { ledger, records } = books(2);
  loops(ledger, 2, 0);
  loops(ledger, 2, 1);
  ledger.alloc(ADDRESS, 64, KEEP, 0, IN_FIRST);
  loops(ledger, 5, 1);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  loops(ledger, 2, 0);
  t.deepEqual(
    records.filter(({ hook }) => hook === 1).flatMap(({ residue, lateFrees }) => [...residue, ...lateFrees]),
    [],
  );
  t.like(
    records.find(({ hook }) => hook === 0),
    { loop: 1, residue: [], offset: [], births: 1 },
  );
});

test('residue is kept apart by call path and by site, also where two sites share a path', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  const places = [
    [1, 0],
    [1, 7],
    [2, 7],
    [2, 8],
  ] as const;
  places.forEach(([site, path], i) => ledger.alloc(ADDRESS + i * 64, 64, site, path, IN_FIRST));
  places.forEach(([site, path], i) => ledger.alloc(ADDRESS + 4096 + i * 64, 64, site, path, IN_FIRST));
  loops(ledger, 2);
  t.deepEqual(
    records[0]?.residue.map(({ site, path, blocks }) => [site, path, blocks]),
    places.map(([site, path]) => [site, path, 2]),
  );
});

test('a thousand places at once are all counted', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  for (let site = 0; site < 5000; site++) ledger.alloc(ADDRESS + site * 64, 64, site, site % 3, IN_FIRST);
  loops(ledger, 1);
  for (let site = 0; site < 5000; site += 2) ledger.free(ADDRESS + site * 64, 64, FREE, IN_FIRST);
  loops(ledger, 1);
  t.is(records[0]?.residue.length, 2500);
  t.is(records[0]?.offset.length, 2500);
});

test('late frees of hundreds of birth loops are kept apart', (t) => {
  const { ledger, records } = books();
  loops(ledger, 1);
  for (let i = 0; i < 500; i++) {
    ledger.alloc(ADDRESS + i * 64, 64, KEEP, 0, IN_FIRST);
    loops(ledger, 1);
  }
  for (let i = 0; i < 500; i++) ledger.free(ADDRESS + i * 64, 64, FREE, IN_FIRST);
  loops(ledger, 2);
  const flush = records.at(-1)!;
  // Call 499 is the neighbour of the loop that flushes: it is offset.
  t.deepEqual(
    flush.lateFrees.map(({ birthLoop }) => birthLoop),
    Array.from({ length: 499 }, (_, loop) => loop),
  );
  t.is(records.find(({ loop }) => loop === 499)?.offset[0]?.blocks, 1);
});

test('a realloc is the death of the old and the birth of the new block, in place too', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 320, ADDRESS, 640, FREE, 0, IN_FIRST);
  loops(ledger, 3);
  t.like(records[0], { loop: 1, residue: [{ site: KEEP, bytes: 320 }] });
  t.like(records[2], { loop: 3, residue: [{ site: FREE, bytes: 640 }], explained: 320 });
  t.like(records[2]?.lateFrees[0], { site: FREE, birthSite: KEEP, birthLoop: 1, bytes: 320 });
  t.is(ledger.liveBlocks, 1);
});

test('a block that several lines make grow stays with the first that did after its loop', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 320, ADDRESS, 640, FREE, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 640, ADDRESS + 4096, 1280, KEEP, 7, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS + 4096, 1280, ADDRESS, 2560, FREE, 8, IN_FIRST);
  loops(ledger, 3);
  const kept = records.flatMap(({ residue }) => residue.map(({ site, path, bytes }) => [site, path, bytes]));
  t.deepEqual(kept, [
    [KEEP, 0, 320],
    [FREE, 0, 640],
    [FREE, 0, 1280],
    [FREE, 8, 2560],
  ]);
});

test('a block that one line makes grow by several paths is of the path that added most', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 6, IN_FIRST);
  const steps: readonly (readonly [site: number, path: number, sizeBytes: number])[] = [
    [KEEP, 7, 640],
    [KEEP, 8, 1280],
    [FREE, 9, 8192],
    [KEEP, 0, 16384],
    [KEEP, 7, 16448],
    [KEEP, 8, 16384],
    [KEEP, 7, 16768],
  ];
  let before = 320;
  for (const [site, path, sizeBytes] of steps) {
    loops(ledger, 2);
    ledger.realloc(ADDRESS, before, ADDRESS, sizeBytes, site, path, IN_FIRST);
    before = sizeBytes;
  }
  loops(ledger, 3);
  const paths = records.flatMap(({ residue }) => residue.map(({ path }) => path));
  t.deepEqual(paths, [6, 6, 8, 8, 8, 8, 8, 7]);
  const freed = records.flatMap(({ lateFrees }) => lateFrees.map(({ birthPath }) => birthPath));
  t.deepEqual(freed, paths.slice(0, -1), 'each is freed under the path that it had');
});

test('a block older than the trace is of the path that added most, however long it was before', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 32768, ADDRESS, 36864, KEEP, 7, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 36864, ADDRESS + 2 ** 21, 45056, KEEP, 8, IN_FIRST);
  loops(ledger, 2);
  ledger.free(ADDRESS + 2 ** 21, 45056, FREE, IN_FIRST);
  ledger.realloc(ADDRESS + 2 ** 21, 4096, ADDRESS, 8192, KEEP, 9, IN_FIRST);
  loops(ledger, 3);
  const paths = records.flatMap(({ residue }) => residue.map(({ path }) => path));
  t.deepEqual(paths, [7, 8, 9]);
});

test('in the loop of its birth a block is the newest line that made it grow', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  ledger.realloc(ADDRESS, 320, ADDRESS, 640, FREE, 0, IN_FIRST);
  loops(ledger, 3);
  t.like(records[0], { residue: [{ site: FREE, bytes: 640 }] });
});

test('a realloc in place that changes no size changes nothing', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 320, ADDRESS, 320, FREE, 0, IN_FIRST);
  ledger.realloc(ADDRESS + 4096, 64, ADDRESS + 4096, 64, FREE, 0, IN_FIRST);
  loops(ledger, 2);
  t.like(records[1], { residue: [], lateFrees: [], explained: 0, births: 0 });
  t.is(ledger.counters.unknownFrees, 0);
  t.is(ledger.liveBlocks, 1);
});

test('a block older than the trace that is resized charges its line with the growth alone', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 32768, ADDRESS + 2 ** 21, 65536, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { loop: 1, residue: [{ bytes: 65536 }], explained: 32768 });
  t.like(records[0]?.lateFrees[0], { site: KEEP, birthSite: KEEP, birthLoop: -1, bytes: 32768 });
  t.is(ledger.counters.unknownFrees, 1);
});

test('a table that is replaced by a larger one charges its line with the growth alone', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 2 ** 21, 65536, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 32768, KEEP, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { loop: 1, residue: [{ bytes: 65536 }], explained: 32768 });
  t.like(records[0]?.lateFrees[0], { birthSite: KEEP, birthLoop: -1, bytes: 32768 });
});

test('an older block that is freed elsewhere, or not right after a birth, is no part of the line', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 2 ** 21, 320, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 320, FREE, IN_FIRST);
  ledger.free(ADDRESS + 320, 320, KEEP, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(records[0]?.lateFrees, []);
});

test('an older block that goes after a temporary of the same line is no part of the line', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 2 ** 21, 96, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 80, KEEP, IN_FIRST);
  ledger.free(ADDRESS + 2 ** 21, 96, KEEP, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { residue: [], lateFrees: [], older: [{ blocks: 1, bytes: 80 }] });
});

test('a table that is replaced twice in a loop charges its line with the growth alone', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS + 2 ** 21, 65536, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS, 32768, KEEP, IN_FIRST);
  ledger.alloc(ADDRESS + 2 ** 22, 131072, KEEP, 0, IN_FIRST);
  ledger.free(ADDRESS + 2 ** 21, 65536, KEEP, IN_FIRST);
  loops(ledger, 2);
  t.like(records[0], { residue: [{ bytes: 131072 }], explained: 98304 });
  t.like(records[0]?.lateFrees, [{ birthSite: KEEP, birthLoop: -1, bytes: 32768 }]);
});

test('frees of older blocks are counted by size', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  for (const [at, sizeBytes] of [64, 4096, 64, 56].entries())
    ledger.free(ADDRESS + at * 8192, sizeBytes, FREE, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(records[0]?.older, [
    { blocks: 1, bytes: 56 },
    { blocks: 2, bytes: 128 },
    { blocks: 1, bytes: 4096 },
  ]);
  t.is(records[1]?.older, undefined);
});

test('residue is kept apart by size, and what is alive is not', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 64, KEEP, 0, IN_FIRST);
  ledger.alloc(ADDRESS + 4096, 320, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(
    records[0]?.residue.map(({ bytes }) => bytes),
    [64, 320],
  );
  t.like(ledger.alive(), [{ site: KEEP, blocks: 2, bytes: 384 }]);
});

test('a block of another line from before the recorded loops that grows charges its line with the growth alone', (t) => {
  const { ledger, records } = books();
  loops(ledger, 1);
  ledger.alloc(ADDRESS, 32768, FREE, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.realloc(ADDRESS, 32768, ADDRESS + 2 ** 21, 65536, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  t.like(records[1], { loop: 2, residue: [{ site: KEEP, bytes: 65536 }], explained: 32768 });
  t.deepEqual(
    records[1]?.lateFrees.map(({ birthSite, bytes }) => [birthSite, bytes]),
    [
      [FREE, 32768],
      [KEEP, 32768],
    ],
  );
});

test('a block of the same line from before the hook was in place that grows charges its line with the growth alone', (t) => {
  const { ledger, records } = books();
  ledger.alloc(ADDRESS, 32768, KEEP, 0, 0);
  loops(ledger, 3);
  ledger.realloc(ADDRESS, 32768, ADDRESS, 65536, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  t.like(records[1], { loop: 2, residue: [{ site: KEEP, outside: false, bytes: 65536 }], explained: 32768 });
  t.deepEqual(
    records[1]?.lateFrees.map(({ outside, birthLoop, bytes }) => [outside, birthLoop, bytes]),
    [
      [true, -1, 32768],
      [false, -1, 32768],
    ],
  );
});

test('a realloc of a null pointer is an allocation', (t) => {
  const { ledger } = books();
  ledger.realloc(0, 0, ADDRESS, 64, KEEP, 0, IN_FIRST);
  t.is(ledger.liveBlocks, 1);
  t.is(ledger.counters.unknownFrees, 0);
});

test('a free of a block older than the trace is counted and balances the books', (t) => {
  const { ledger, records } = books();
  boundary(ledger, 0, 10_000, 1);
  boundary(ledger, 0, 10_000, 2);
  ledger.free(ADDRESS, 4096, FREE, IN_FIRST);
  ledger.alloc(ADDRESS, 96, KEEP, 0, IN_FIRST);
  boundary(ledger, 0, 6_000, 7);
  boundary(ledger, 0, 6_000, 8);
  t.like(records[0], { heapBefore: 10_000, heapAfter: 6_000, explained: -4_000, durationNs: 5 });
  t.like(ledger.counters, { events: 2, unknownFrees: 1, unknownFreedBytes: 4096 });
});

test('an address handed out twice had a free that was missed: the old block ends, freed by nobody', (t) => {
  const { ledger, records } = books();
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 64, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 96, KEEP, 0, IN_FIRST);
  loops(ledger, 2);
  t.is(ledger.counters.missedFrees, 1);
  t.like(records[2], { loop: 3, explained: 32 });
  t.like(records[2]?.lateFrees[0], { site: null, birthLoop: 1, bytes: 64 });
});

test('a heap that is dropped ends every block, and the books still balance', (t) => {
  const { ledger, records } = books();
  boundary(ledger, 0, 1000, 1);
  ledger.alloc(ADDRESS, 64, KEEP, 0, IN_FIRST);
  boundary(ledger, 0, 1064, 2);
  ledger.alloc(ADDRESS + 64, 64, KEEP, 0, IN_FIRST);
  boundary(ledger, 0, 1128, 3);
  ledger.alloc(ADDRESS + 128, 64, KEEP, 0, IN_FIRST);
  ledger.reset(200);
  ledger.alloc(ADDRESS, 96, KEEP, 0, IN_FIRST);
  boundary(ledger, 0, 296, 4);
  boundary(ledger, 0, 296, 5);
  t.is(ledger.liveBlocks, 1);
  t.like(records[0], { loop: 1, residue: [], offset: [{ blocks: 1 }] });
  t.like(records[1], { loop: 2, residue: [{ bytes: 96 }], explained: -832, heapBefore: 1128, heapAfter: 296 });
  t.like(records[1]?.lateFrees[0], { site: null, birthLoop: 0, bytes: 64 });
});

test('the first survivor of a site is told once, when the loop after its own has ended', (t) => {
  const told: number[] = [];
  const ledger = new Ledger({ hooks: 1, emit: () => undefined, onSurvivor: (site) => told.push(site) });
  loops(ledger, 2);
  ledger.alloc(ADDRESS, 64, KEEP, 0, IN_FIRST);
  ledger.alloc(ADDRESS + 64, 64, FREE, 0, IN_FIRST);
  ledger.free(ADDRESS + 64, 64, FREE, IN_FIRST);
  loops(ledger, 1);
  t.deepEqual(told, []);
  loops(ledger, 1);
  t.deepEqual(told, [KEEP]);
  ledger.alloc(ADDRESS + 128, 64, KEEP, 3, IN_FIRST);
  loops(ledger, 2);
  t.deepEqual(told, [KEEP]);
});

test('what is alive is told by place, most bytes first', (t) => {
  const { ledger } = books();
  ledger.alloc(ADDRESS, 64, KEEP, 0, OUTSIDE);
  ledger.alloc(ADDRESS + 64, 320, FREE, 2, OUTSIDE);
  ledger.alloc(ADDRESS + 1024, 64, KEEP, 0, OUTSIDE);
  t.deepEqual(ledger.alive(), [
    { site: FREE, path: 2, outside: true, blocks: 1, bytes: 320 },
    { site: KEEP, path: 0, outside: true, blocks: 2, bytes: 128 },
  ]);
  t.is(ledger.alive(1).length, 1);
});

test('with 8 hooks a block remembers a loop far beyond a million', (t) => {
  const { ledger, records } = books(8);
  loops(ledger, 1_000_001, 7);
  ledger.alloc(ADDRESS, 64, KEEP, 0, 8);
  loops(ledger, 2, 7);
  ledger.free(ADDRESS, 64, FREE, IN_FIRST);
  loops(ledger, 2, 7);
  t.is(records.at(-1)?.lateFrees[0]?.birthLoop, 1_000_000);
});

test('any history of events adds up: residue, offset and late frees together are what is alive', (t) => {
  const { ledger, records } = books();
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const live = new Map<number, number>();
  let [next, heapSize] = [ADDRESS, 0];
  for (let loop = 0; loop < 400; loop++) {
    boundary(ledger, 0, heapSize, loop);
    for (let i = random(40); i > 0; i--) {
      const sizeBytes = 8 * (1 + random(400));
      ledger.alloc(next, sizeBytes, random(5), random(3), random(2));
      live.set(next, sizeBytes);
      heapSize += sizeBytes;
      next += sizeBytes;
    }
    for (const [address, sizeBytes] of live) {
      if (random(10) > 1) continue;
      ledger.free(address, sizeBytes, FREE, IN_FIRST);
      live.delete(address);
      heapSize -= sizeBytes;
    }
  }
  const level = new Map<number, number>();
  let settled = 0;
  for (const record of records) {
    settled += bytesOf(record.residue) - bytesOf(record.lateFrees);
    level.set(record.loop, settled + bytesOf(record.offset));
    t.is(record.explained, record.heapAfter - record.heapBefore);
  }
  const [first, last] = [records[0]!, records.at(-1)!];
  t.is(level.get(last.loop)! - level.get(first.loop)!, last.heapAfter - first.heapAfter);
});

function books(hooks = 1): { ledger: Ledger; records: LoopRecord[] } {
  const records: LoopRecord[] = [];
  return { ledger: new Ledger({ hooks, emit: (record) => records.push(record) }), records };
}

function loops(ledger: Ledger, count: number, hook = 0): void {
  for (let i = 0; i < count; i++) boundary(ledger, hook, 0, 0);
}

function bytesOf(amounts: readonly { readonly bytes: number }[]): number {
  return amounts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Without fibers each loop ends where the next one begins. */
function boundary(ledger: Ledger, hook: number, heapSize: number, timeNs: number): void {
  const before = ledger.loopsSeen[hook] ?? 0;
  ledger.boundary(hook, heapSize, timeNs, before + 1, before);
}
