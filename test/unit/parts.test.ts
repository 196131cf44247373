import test from 'ava';
import { garbageOf, partsOf, type Part } from '../../src/leaks/parts.js';
import { SiteHistory } from '../../src/leaks/site-history.js';
import { judgeSite } from '../../src/leaks/verdict.js';
import type { Collector, HeldLoop, HeldRecord, LateFree } from '../../src/trace/records.js';

// A line that makes 5 blocks of 80 bytes in each of 60 loops, and what the copy of the heap says of them.

const PLACE = { hook: 0, file: '/app/a.php', line: 7, function: 'handle', outside: false };
const WARMUP = 3;
const LOOPS = 60;
const ON: Collector = { enabled: true, threshold: 10_001, roots: 5, runs: 0 };

test('one held block a loop among four of garbage is a leak of that one', (t) => {
  const [leak, cycle, ...others] = parts((loop) => ({ loop, ...amounts(1, 4) }))!;
  t.like(leak, { verdict: 'leak', bytesPerLoop: 80, blocks: LOOPS, bytes: 80 * LOOPS });
  t.like(leak!.held, { holder: 'static Foo::$bar', types: ['Held'] });
  t.like(cycle, { verdict: 'cycle', bytesPerLoop: 320, blocks: 4 * LOOPS });
  t.like(cycle!.held, { holder: null, path: null, types: ['Garbage'] });
  t.deepEqual(others, []);
});

test('held blocks of the first loops only are no leak of their own', (t) => {
  t.is(
    parts((loop) => ({ loop, ...(loop < 12 ? amounts(1, 4) : amounts(0, 5)) })),
    undefined,
  );
});

test('what the collector takes counts as kept while it is off', (t) => {
  const off = { ...ON, enabled: false };
  t.is(
    parts((loop) => ({ loop, ...amounts(1, 4) }), { collector: off }),
    undefined,
  );
});

test('blocks that went between the last loop and the copy were kept by nothing', (t) => {
  const found = parts((loop) => ({ loop, ...amounts(0, loop === 63 ? 1 : 0) }), { alive: 1 })!;
  t.deepEqual(
    found.map(({ verdict }) => verdict),
    ['offset'],
  );
});

test('a string that was moved in the loop that runs has not gone', (t) => {
  const site = new SiteHistory(PLACE, WARMUP);
  for (let loop = 1; loop <= LOOPS + WARMUP; loop++) {
    site.beginLoop();
    if (loop > 1) site.addLateFree(loop, freed(loop - 2, 80 * (loop - 1)));
    site.addResidue(loop, { site: 1, path: 0, outside: false, blocks: 1, bytes: 80 * loop });
    site.endLoop(loop);
  }
  // It is of the loop that runs, whose blocks are not looked for.
  site.held = record([], 1);
  t.is(partsOf(site, judgeSite(site, LOOPS), LOOPS, ON), undefined);
});

test('what stayed when the others went is a leak of what stayed', (t) => {
  const found = parts((loop) => ({ loop, ...amounts(1, 0) }), { alive: LOOPS + WARMUP })!;
  t.deepEqual(
    found.map(({ verdict, bytesPerLoop }) => [verdict, bytesPerLoop]),
    [['leak', 80]],
  );
});

test('a line whose blocks are all held and all there is left as it is', (t) => {
  t.is(
    parts((loop) => ({ loop, ...amounts(5, 0) })),
    undefined,
  );
});

test('what a cycle takes is told by the loops since the collector ran, or by what was born where it ran just now', (t) => {
  const rate = (inCopy: (loop: number) => HeldLoop, share?: number): number => {
    const site = lineOf();
    const held = { ...record(loopsOf(inCopy), 5 * (LOOPS + WARMUP)), ...(share === undefined ? {} : { share }) };
    return garbageOf(site, judgeSite(site, LOOPS), held, LOOPS).bytesPerLoop;
  };
  t.is(
    rate((loop) => ({ loop, ...amounts(0, 5) })),
    400,
    'it has not run',
  );
  // Of loop 30, in which it ran, a part is left.
  t.is(
    rate((loop) => ({ loop, ...amounts(0, loop < 30 ? 0 : loop === 30 ? 2 : 5) })),
    400,
    'it ran half way',
  );
  t.is(
    rate((loop) => ({ loop, ...amounts(0, loop < 62 ? 0 : loop === 62 ? 2 : 5) })),
    400,
    'it ran at the end',
  );
  t.is(
    rate((loop) => ({ loop, ...amounts(0, loop === 10 ? 5 : 0) })),
    400,
    'of one loop alone there is no rate',
  );
  t.is(
    rate((loop) => ({ loop, ...amounts(0, loop <= WARMUP ? 500 : 5) })),
    400,
    'warm-up counts for nothing',
  );
  t.is(
    rate((loop) => ({ loop, ...amounts(0, 1) }), 0.2),
    400,
    'a fifth was looked at',
  );
});

test('amounts are those of all blocks, where a share was looked at', (t) => {
  const site = lineOf();
  site.held = {
    ...record(
      loopsOf((loop) => ({ loop, ...amounts(1, 4) })),
      5 * (LOOPS + WARMUP),
    ),
    share: 0.5,
  };
  const { bytes } = garbageOf(site, judgeSite(site, LOOPS), site.held, LOOPS);
  t.is(bytes, 2 * 320 * LOOPS);
});

function parts(
  inCopy: (loop: number) => HeldLoop,
  { collector = ON, alive = 5 * (LOOPS + WARMUP) } = {},
): Part[] | undefined {
  const site = lineOf();
  site.held = record(loopsOf(inCopy), alive);
  return partsOf(site, judgeSite(site, LOOPS), LOOPS, collector);
}

function lineOf(): SiteHistory {
  const site = new SiteHistory(PLACE, WARMUP);
  for (let loop = 1; loop <= LOOPS + WARMUP; loop++) {
    site.beginLoop();
    site.addResidue(loop, { site: 1, path: 0, outside: false, blocks: 5, bytes: 400 });
    site.endLoop(loop);
  }
  return site;
}

function loopsOf(inCopy: (loop: number) => HeldLoop): HeldLoop[] {
  return Array.from({ length: LOOPS + WARMUP }, (_, index) => inCopy(index + 1));
}

function freed(birthLoop: number, bytes: number): LateFree {
  return { site: 1, birthSite: 1, birthPath: 0, birthLoop, outside: false, blocks: 1, bytes };
}

function record(loops: readonly HeldLoop[], alive: number): HeldRecord {
  const sum = (of: (loop: HeldLoop) => number): number => loops.reduce((total, loop) => total + of(loop), 0);
  return {
    type: 'held',
    hook: 0,
    site: 1,
    outside: false,
    alive,
    blocks: alive,
    reached: sum(({ reached }) => reached),
    cycle: sum(({ cycle }) => cycle),
    orphan: 0,
    missing: 0,
    holder: 'static Foo::$bar',
    path: 'static Foo::$bar → [*]',
    types: ['Held'],
    garbageTypes: ['Garbage'],
    loops,
  };
}

function amounts(reached: number, cycle: number): Omit<HeldLoop, 'loop'> {
  return { reached, reachedBytes: 80 * reached, cycle, cycleBytes: 80 * cycle };
}
