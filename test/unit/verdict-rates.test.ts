import test, { type ExecutionContext } from 'ava';
import { awaited, loopsToNextLook } from '../../src/leaks/awaited.js';
import { KINDS, type Kind } from './simulated-kinds.js';
import { LINE } from './simulated-lines.js';
import { SimulatedProcess } from './simulated-process.js';

// How often the verdicts are wrong, measured on thousands of processes of which it is known what is true of them.

const PROCESSES = 50;
/** Where `auto` does not end by itself. At a hundred loops a second these take half a minute. */
const MOST_LOOPS = 3000;
const SHORT_LOOPS = 97;

interface Row extends Record<'leak' | 'pending' | 'clean', number> {
  readonly kind: Kind;
  readonly meanLoops: number;
}

test(`with auto ${PROCESSES} processes of each kind are told right: none misses a leak or accuses the innocent`, (t) => {
  t.timeout(600_000);
  const rows = KINDS.map((kind) => judgedRow(kind, (process) => runUntilTold(process, kind)));
  print(t, 'loops as auto wants them, at most 3000', rows);
  assertRates(t, rows, { falseAlarms: 0.1, misses: 0.1 });
  for (const { kind, pending } of rows) t.true(percent(pending) <= kind.pending, `${kind.name}: ${pending} pending`);
});

test(`${SHORT_LOOPS} loops tell most kinds, and hardly ever wrong`, (t) => {
  t.timeout(600_000);
  const rows = KINDS.map((kind) =>
    judgedRow(kind, (process) => process.run(SHORT_LOOPS, kind.line(process)) && SHORT_LOOPS),
  );
  print(t, '97 loops', rows);
  const told = rows.filter(({ kind }) => kind.takesLonger !== true);
  assertRates(t, told, { falseAlarms: 0.5, misses: 0.5 });
});

function judgedRow(kind: Kind, run: (process: SimulatedProcess) => number): Row {
  const row = { kind, leak: 0, pending: 0, clean: 0, meanLoops: 0 };
  for (let seed = 1; seed <= PROCESSES; seed++) {
    const process = new SimulatedProcess(seed);
    process.keepRecords = false;
    row.meanLoops += run(process) / PROCESSES;
    const verdict = process.site(LINE)?.verdict;
    row[verdict === 'leak' || verdict === 'pending' ? verdict : 'clean']++;
  }
  return row;
}

/** Loops until nothing is awaited any more, looked at as a living trace looks at them. */
function runUntilTold(process: SimulatedProcess, { line }: Kind): number {
  const body = line(process);
  let nextLook = 0;
  for (let loop = 0; ; loop++) {
    process.boundary();
    const judged = process.history.hooks[0]?.judgedLoops ?? 0;
    if (judged >= nextLook) {
      const wanted = awaited(process.history);
      if (wanted === undefined || judged >= MOST_LOOPS) return judged;
      nextLook = judged + loopsToNextLook(judged, wanted.moreLoops);
    }
    body(loop);
  }
}

/** Of all that were decided, in per cent. */
function assertRates(
  t: ExecutionContext,
  rows: readonly Row[],
  most: { readonly falseAlarms: number; readonly misses: number },
): void {
  const rate = (truth: Kind['truth'], wrong: 'leak' | 'clean'): number => {
    const of = rows.filter(({ kind }) => kind.truth === truth);
    const decided = of.reduce((sum, { leak, clean }) => sum + leak + clean, 0);
    return (100 * of.reduce((sum, row) => sum + row[wrong], 0)) / decided;
  };
  const [falseAlarms, misses] = [rate('innocent', 'leak'), rate('leak', 'clean')];
  t.log(`false alarms: ${falseAlarms.toFixed(2)} %, misses: ${misses.toFixed(2)} % of those decided`);
  t.true(falseAlarms <= most.falseAlarms, `${falseAlarms} % false alarms`);
  t.true(misses <= most.misses, `${misses} % misses`);
}

/** The confusion matrix: rows are what is true, columns what was said. */
function print(t: ExecutionContext, title: string, rows: readonly Row[]): void {
  const cell = (count: number): string => percent(count).toFixed(1).padStart(8);
  t.log(`${title}\n${' '.repeat(56)}leak   clean  pending  mean loops`);
  for (const { kind, leak, clean, pending, meanLoops } of rows) {
    const what = `${kind.truth.padEnd(9)} ${kind.name}`.padEnd(54);
    t.log(`${what}${cell(leak)}${cell(clean)}${cell(pending)}  ${Math.round(meanLoops)}`);
  }
}

function percent(count: number): number {
  return (100 * count) / PROCESSES;
}
