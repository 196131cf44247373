import type { Outcome } from './runner.js';
import type { Totals } from './totals.js';

const TITLES = ['program', 'expected', 'got', 'hits', 'misses', 'false alarms', 'bytes off', 'holder', 's'] as const;

/** The outcomes as aligned plain text, what is wrong with each of them, and what they come to. */
export function renderTable(outcomes: readonly Outcome[], sum: Totals): string {
  const rows = [TITLES, ...outcomes.map(cells)];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...outcomes.flatMap(complaints), '', ...closing(sum), ''].join('\n');
}

function cells({ subject, seconds, comparison, skipped, failure }: Outcome): string[] {
  const { name, truth } = subject;
  if (comparison === undefined) return [name, truth.verdict, failure === undefined ? `(${skipped})` : 'no report'];
  const { verdict, hits, misses, falseAlarms, byteError, holders } = comparison;
  const held = holders.all === 0 ? '' : `${holders.right} of ${holders.all}`;
  const counts = [hits, misses.length, falseAlarms.length].map(String);
  return [name, truth.verdict, verdict, ...counts, share(byteError), held, seconds.toFixed(1)];
}

function complaints({ subject, comparison, failure }: Outcome): string[] {
  const problems = failure === undefined ? (comparison?.problems ?? []) : [failure];
  return problems.length === 0 ? [] : ['', `${subject.name}:`, ...problems.map((problem) => `  ${problem}`)];
}

function closing(sum: Totals): string[] {
  const held = sum.holders === 0 ? 'none' : `${share(sum.holdersRight / sum.holders)} of ${sum.holders}`;
  return [
    `${sum.programs} programs: ${sum.hits} hits, ${sum.misses} misses, ${sum.falseAlarms} false alarms, ` +
      `${sum.wrongVerdicts} wrong verdicts; ${sum.failed} without a report, ${sum.skipped} left out.`,
    `Bytes off by at most ${share(sum.worstByteError)}; holders right: ${held}.`,
  ];
}

function share(part: number): string {
  return Number.isNaN(part) ? 'unknown' : `${(part * 100).toFixed(1)} %`;
}
