import test from 'ava';
import type { Awaited } from '../../src/leaks/awaited.js';
import { Ending, type LoopCourse } from '../../src/live/ending.js';

const UNDECIDED: Awaited = { lines: 2, pending: 2, moreLoops: 40 };

test('a fixed number of loops is counted from the end of warm-up', (t) => {
  const { ending } = trace({ maxLoops: 20 });
  t.is(ending.reasonAfter([handle(22)]), undefined);
  t.is(ending.reasonAfter([handle(23)]), '20 loops');
});

test('each loop has the fixed number, but one that has no turn while others had theirs', (t) => {
  const { ending } = trace({ maxLoops: 20 });
  t.is(ending.reasonAfter([handle(23), timer(22, 0)]), undefined);
  t.is(ending.reasonAfter([handle(23), timer(23, 0)]), '20 loops');
  t.is(ending.reasonAfter([handle(23), timer(0, 9_900)]), undefined, 'not long enough');
  t.is(ending.reasonAfter([handle(22), timer(0, 30_000)]), undefined, 'the other one has not had its own');
  t.is(ending.reasonAfter([handle(23), timer(5, 10_000)]), '20 loops; timer had no turn for 10 s');
  t.is(ending.reasonAfter([handle(23, 30_000), timer(5, 10_000)]), '20 loops; timer had no turn for 10 s');
  t.is(ending.reasonAfter([handle(5, 30_000), timer(5, 10_000)]), undefined, 'neither had them: time ends that');
});

test('a process that idles is not waited for when another one has had its loops', (t) => {
  const idle = [handle(5, 10_000), { loop: 'never', settled: 0, idleMs: 20_000 }];
  t.is(trace({ maxLoops: 20 }).ending.reasonAfter(idle), undefined);
  for (const maxLoops of [20, 'auto'] as const) {
    const { ending } = trace({ maxLoops, othersAreDone: true, awaited: UNDECIDED });
    t.is(ending.reasonAfter([handle(5, 9_000), timer(5, 10_000)]), undefined, 'one of its loops still has turns');
    t.is(ending.reasonAfter(idle), 'others have had their loops; handle, never had no turn for 10 s');
    t.is(ending.reasonAfter([]), undefined, 'one whose loop is still looked for');
  }
});

test('auto asks nothing of a loop that has no turn, until it has one', (t) => {
  const traced = trace({ awaited: UNDECIDED });
  t.is(traced.ending.reasonAfter([handle(203), timer(5, 5_000)]), undefined);
  t.is(traced.ending.reasonAfter([handle(203), timer(5, 10_000)]), undefined);
  t.deepEqual(traced.asked.at(-1), [true, false]);
  traced.awaited = undefined;
  t.is(traced.ending.reasonAfter([handle(222), timer(6, 0)]), 'all is told after 3 loops');
  t.deepEqual(traced.asked.at(-1), [true, true]);
  t.is(
    traced.ending.reasonAfter([handle(253), timer(5, 10_000)]),
    'all is told after 250 loops; timer had no turn for 10 s',
  );
});

test('auto goes on until nothing is awaited, and asks only when an answer is worth its time', (t) => {
  const traced = trace({ awaited: UNDECIDED });
  t.is(traced.ending.reasonAfter([handle(103)]), undefined);
  t.deepEqual(traced.ending.awaits, UNDECIDED);
  traced.awaited = undefined;
  t.is(traced.ending.reasonAfter([handle(112)]), undefined, 'not asked again after 9 loops');
  t.is(traced.ending.reasonAfter([handle(113)]), 'all is told after 110 loops');
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

function handle(settled: number, idleMs = 0): LoopCourse {
  return { loop: 'handle', hook: 0, settled, idleMs };
}

function timer(settled: number, idleMs: number): LoopCourse {
  return { loop: 'timer', hook: 1, settled, idleMs };
}

interface Given {
  readonly maxLoops?: number | 'auto';
  readonly awaited?: Awaited;
  readonly othersAreDone?: boolean;
}

/** `asked` has for each look of `auto` which of two hooks it waits for. */
function trace({ maxLoops = 'auto', othersAreDone = false, ...given }: Given) {
  const notes: string[] = [];
  const asked: boolean[][] = [];
  const state = { awaited: given.awaited, notes, asked };
  const ending = new Ending({
    warmup: 3,
    maxLoops,
    durationSeconds: 60,
    longSeconds: 300,
    patienceSeconds: 10,
    awaited: (isAwaited = () => true) => {
      asked.push([0, 1].map(isAwaited));
      return state.awaited;
    },
    othersAreDone: () => othersAreDone,
    observer: { note: (sentence) => notes.push(sentence) },
  });
  return Object.assign(state, { ending });
}
