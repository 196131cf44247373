import test from 'ava';
import type { Awaited } from '../../src/leaks/awaited.js';
import { Ending } from '../../src/live/ending.js';

const UNDECIDED: Awaited = { lines: 2, pending: 2, moreLoops: 40 };

test('a fixed number of loops is counted from the end of warm-up', (t) => {
  const { ending } = trace({ maxLoops: 20 });
  t.is(ending.reasonAfter(22), undefined);
  t.is(ending.reasonAfter(23), '20 loops');
});

test('auto goes on until nothing is awaited, and asks only when an answer is worth its time', (t) => {
  const traced = trace({ awaited: UNDECIDED });
  t.is(traced.ending.reasonAfter(103), undefined);
  t.deepEqual(traced.ending.awaits, UNDECIDED);
  traced.awaited = undefined;
  t.is(traced.ending.reasonAfter(112), undefined, 'not asked again after 9 loops');
  t.is(traced.ending.reasonAfter(113), 'all is told after 110 loops');
});

test('auto gives lines that are not decided more time, once, and says so', (t) => {
  const traced = trace({ awaited: UNDECIDED });
  traced.ending.begin(0);
  t.false(traced.ending.isTimeOver(59_000));
  t.false(traced.ending.isTimeOver(60_000));
  t.false(traced.ending.isTimeOver(299_000));
  t.deepEqual(traced.notes, [
    'after 60 s 2 lines are not decided: the trace goes on, for 300 s in all (--duration; Ctrl-C gives the report now)',
  ]);
  t.true(traced.ending.isTimeOver(300_000));
  t.is(traced.ending.timeOver, '300 s are over');
});

for (const [what, options] of [
  ['where all have a verdict, though more loops would make it surer', { awaited: { ...UNDECIDED, pending: 0 } }],
  ['with a fixed number of loops', { awaited: UNDECIDED, maxLoops: 20 }],
] as const) {
  test(`the time is over when it is over ${what}`, (t) => {
    const { ending, notes } = trace(options);
    ending.begin(0);
    t.true(ending.isTimeOver(60_000));
    t.is(ending.timeOver, '60 s are over');
    t.deepEqual(notes, []);
  });
}

function trace({ maxLoops = 'auto', ...given }: { maxLoops?: number | 'auto'; awaited?: Awaited }) {
  const notes: string[] = [];
  const state = { awaited: given.awaited, notes };
  const ending = new Ending({
    warmup: 3,
    maxLoops,
    durationSeconds: 60,
    longSeconds: 300,
    awaited: () => state.awaited,
    observer: { note: (sentence) => notes.push(sentence) },
  });
  return Object.assign(state, { ending });
}
