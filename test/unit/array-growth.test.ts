import test from 'ava';
import { judgeArray } from '../../src/leaks/array-growth.js';
import type { ArrayPoint } from '../../src/leaks/array-points.js';
import { randomFrom } from './random.js';

// How often arrays that get longer are judged wrong, by looks at them of which it is known what the array does.

const RUNS = 60;
const LOOPS = 1000;
const WARMUP = 3;
const LOOKS = 60;

/** Elements after so many loops; asked loop by loop. */
type Elements = (random: () => number) => (loop: number) => number;

interface Kind {
  readonly name: string;
  readonly truth: 'leak' | 'innocent';
  readonly elements: Elements;
  /** It fills ever slower: nobody can tell yet. */
  readonly slows?: true;
}

const KINDS: readonly Kind[] = [
  { name: 'one a loop', truth: 'leak', elements: () => (loop) => 5000 + loop },
  { name: 'one in 40 loops', truth: 'leak', elements: () => (loop) => 5000 + Math.floor(loop / 40) },
  { name: 'one in ten loops, by chance', truth: 'leak', elements: (random) => counting(random, 0.1) },
  {
    name: 'one a loop, under a buffer',
    truth: 'leak',
    elements: (random) => (loop) => loop + Math.floor(random() * 50),
  },
  { name: 'always as many', truth: 'innocent', elements: () => () => 500 },
  { name: 'a buffer of a loop', truth: 'innocent', elements: (random) => () => Math.floor(random() * 100) },
  { name: 'flushed at 100', truth: 'innocent', elements: () => (loop) => loop % 100 },
  { name: 'flushed at 300', truth: 'innocent', elements: () => (loop) => loop % 300 },
  { name: 'emptied, and filled as it was', truth: 'innocent', elements: () => (loop) => (loop < 50 ? 5000 : loop) },
  { name: 'filled by loop 40', truth: 'innocent', elements: () => (loop) => Math.min(loop, 40) },
  { name: 'a cache of 200 keys', truth: 'innocent', elements: (random) => keys(random, 200), slows: true },
  { name: 'a cache of 1000 keys', truth: 'innocent', elements: (random) => keys(random, 1000), slows: true },
  { name: 'ten at once after a rest', truth: 'innocent', elements: () => (loop) => (loop < 500 ? 0 : 10) },
  { name: 'a queue of chance', truth: 'innocent', elements: (random) => queue(random) },
  { name: 'three elements, once each', truth: 'innocent', elements: (random) => once(random, 3) },
];

test('an array is told by the looks that were had at it', (t) => {
  for (const { name, truth, elements, slows } of KINDS) {
    const told = { leak: 0, pending: 0, clean: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const { verdict } = judgeArray(looks(elements, seed), { loops: LOOPS, warmup: WARMUP, elementBytes: 16 });
      told[verdict === 'leak' || verdict === 'pending' ? verdict : 'clean']++;
    }
    t.log(`${name}:`, told);
    if (truth === 'leak') t.true(told.clean === 0 && told.leak >= 0.8 * RUNS, name);
    else t.true(told.leak === 0 && (slows === true || told.pending === 0), name);
  }
});

test('what a loop takes is what its elements take, in the long run', (t) => {
  const judge = (elements: Elements) =>
    judgeArray(looks(elements, 1), { loops: LOOPS, warmup: WARMUP, elementBytes: 40 });
  t.is(judge(() => (loop) => 5000 + 2 * loop).bytesPerLoop, 80);
  const { bytesPerLoop } = judge(() => (loop) => 5000 + Math.floor(loop / 4));
  t.true(Math.abs(bytesPerLoop - 10) < 0.2, String(bytesPerLoop));
});

test('a look after the last loop tells of the loops before it', (t) => {
  const judge = (last: ArrayPoint) => {
    const looks = [90, 120, 160, 200, 240, 300, 1100].map((loop) => ({ loop, elements: 5000 + loop }));
    const points = looks.map((look, i) => ({ ...look, since: looks[i - 1]?.loop ?? look.loop }));
    return judgeArray([...points, last], { loops: 2889, warmup: WARMUP, elementBytes: 16 });
  };
  const grew = judge({ loop: 2893, since: 1100, elements: 7893 });
  t.is(grew.verdict, 'leak');
  t.true(Math.abs(grew.bytesPerLoop - 16) < 0.1, String(grew.bytesPerLoop));
  t.is(judge({ loop: 2893, since: 2892, elements: 6101 }).verdict, 'bounded', 'what came after them');
});

test('of a few looks, all that is told is that each found it longer', (t) => {
  const judge = (points: readonly (readonly [loop: number, elements: number])[]) => {
    const seen = points.map(([loop, elements], i) => ({ loop, since: points[i - 1]?.[0] ?? loop, elements }));
    return judgeArray(seen, { loops: 20, warmup: WARMUP, elementBytes: 16 });
  };
  const rising = judge([[0, 5000], [12, 5012], [13, 5012], [25, 5025]]); // prettier-ignore
  t.is(rising.verdict, 'pending', 'the looks may be before and after the judged loops');
  t.is(rising.bytesPerLoop, 16);
  t.is(rising.evidence.moreLoops, 200);
  t.not(judge([[0, 5000], [12, 5012], [25, 5012]]).verdict, 'pending', 'one that rests'); // prettier-ignore
  t.not(judge([[0, 5000], [12, 5050], [25, 5012]]).verdict, 'pending', 'one that gets shorter'); // prettier-ignore
  t.not(judge([[0, 5000], [12, 5002], [25, 5004]]).verdict, 'pending', 'a few elements'); // prettier-ignore
  t.not(judge([[25, 5004]]).verdict, 'pending', 'a single look');
});

test('one that was not looked at says nothing', (t) => {
  const { verdict, bytesPerLoop } = judgeArray([], { loops: LOOPS, warmup: WARMUP, elementBytes: 16 });
  t.is(verdict, 'warmup');
  t.is(bytesPerLoop, 0);
});

/** Looks at intervals that vary as those at a process that runs. */
function looks(elements: Elements, seed: number): ArrayPoint[] {
  const random = randomFrom(seed);
  const of = elements(random);
  const points: ArrayPoint[] = [];
  let next = WARMUP + 1;
  for (let loop = 1; loop <= WARMUP + LOOPS; loop++) {
    const now = of(loop);
    if (loop < next) continue;
    points.push({ loop, since: points.at(-1)?.loop ?? loop, elements: now });
    next = loop + Math.round((0.5 + random()) * (LOOPS / LOOKS));
  }
  return points;
}

function counting(random: () => number, chance: number): (loop: number) => number {
  let elements = 0;
  return () => (elements += random() < chance ? 1 : 0);
}

function keys(random: () => number, most: number): (loop: number) => number {
  const met = new Set<number>();
  return () => met.add(Math.floor(random() * most)).size;
}

function queue(random: () => number): (loop: number) => number {
  let length = 20;
  return () => (length = Math.max(0, length + (random() < 0.5 ? 1 : -1)));
}

function once(random: () => number, count: number): (loop: number) => number {
  const at = Array.from({ length: count }, () => random() * LOOPS);
  return (loop) => at.filter((when) => when < loop).length;
}
