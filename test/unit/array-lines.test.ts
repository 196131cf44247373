import test from 'ava';
import { ArrayLines } from '../../src/live/array-lines.js';
import type { ProbedProcess } from '../../src/live/probed-process.js';
import type { Target } from '../../src/live/target.js';
import type { ArrayLine } from '../../src/trace/records.js';

// Which line an array's elements come from, by the calls that may have put them in.

const ARRAY = 0x7f00_0000_1000;
const adding = lineAt(7, 3);
const other = lineAt(9, 4);

test('an element is that of the call before, whatever call tells of it', (t) => {
  const lines = asked();
  for (let n = 0; n < 5; n++) {
    lines.called(ARRAY, 0, adding);
    lines.called(ARRAY, 1, other);
  }
  t.deepEqual(lines.lineOf(ARRAY), adding);
});

test('two elements tell nothing yet, three do, by the call path that most came by', (t) => {
  const lines = asked();
  lines.called(ARRAY, 0, adding);
  lines.called(ARRAY, 1, lineAt(7, 5));
  lines.called(ARRAY, 1, adding);
  t.is(lines.lineOf(ARRAY), undefined);
  lines.called(ARRAY, 1, undefined);
  t.deepEqual(lines.lineOf(ARRAY), adding);
});

test('what came last goes first: a stack leaves no line but the one that stays below it', (t) => {
  const lines = asked();
  lines.called(ARRAY, 0, adding);
  for (let n = 0; n < 4; n++) {
    lines.called(ARRAY, 1, other);
    lines.called(ARRAY, 1, other);
    lines.called(ARRAY, -1, adding);
  }
  t.deepEqual(lines.lineOf(ARRAY), adding);
});

test('elements that came several at once, or from no line, make it unsure', (t) => {
  const lines = asked();
  lines.called(ARRAY, 0, adding);
  for (let n = 0; n < 3; n++) lines.called(ARRAY, 1, adding);
  for (let n = 0; n < 3; n++) lines.called(ARRAY, 2, adding);
  t.deepEqual(lines.lineOf(ARRAY), adding);
  lines.called(ARRAY, 1, undefined);
  lines.called(ARRAY, 1, adding);
  for (let n = 0; n < 2; n++) lines.called(ARRAY, 2, adding);
  t.is(lines.lineOf(ARRAY), undefined);
});

test('an array that nobody asked for, or that is of interest no more, has no line', (t) => {
  const lines = asked();
  for (let n = 0; n < 5; n++) lines.called(ARRAY + 56, 1, adding);
  t.is(lines.lineOf(ARRAY + 56), undefined);
  for (let n = 0; n < 5; n++) lines.called(ARRAY, 1, adding);
  lines.forget(ARRAY);
  t.is(lines.lineOf(ARRAY), undefined);
});

/** Nothing is probed before the array's turn comes, so neither the process nor the kernel is asked. */
function asked(): ArrayLines {
  const lines = new ArrayLines({} as Target, {} as ProbedProcess, () => {});
  lines.ask(ARRAY);
  return lines;
}

function lineAt(site: number, path: number): ArrayLine {
  return { hook: 0, site, path, outside: false };
}
