import type { Outcome } from './runner.js';

/** What a whole run comes to. */
export interface Totals {
  readonly programs: number;
  readonly skipped: number;
  /** Programs without a report to compare, and those whose verdict is not the declared one. */
  readonly failed: number;
  readonly wrongVerdicts: number;
  readonly hits: number;
  readonly misses: number;
  readonly falseAlarms: number;
  /** The greatest share by which charged bytes are off; NaN where a program's measurement could not be matched. */
  readonly worstByteError: number;
  /** Of the lines that were rightly accused, how many had their holder named. */
  readonly holdersRight: number;
  readonly holders: number;
}

/** Adds the outcomes up. */
export function totals(outcomes: readonly Outcome[]): Totals {
  const compared = outcomes.flatMap(({ subject, comparison }) => (comparison ? [{ subject, ...comparison }] : []));
  const sum = (count: (one: (typeof compared)[number]) => number): number =>
    compared.reduce((total, one) => total + count(one), 0);
  return {
    programs: compared.length,
    skipped: outcomes.filter(({ skipped }) => skipped !== undefined).length,
    failed: outcomes.filter(({ failure }) => failure !== undefined).length,
    wrongVerdicts: sum(({ subject, verdict }) => (verdict === subject.truth.verdict ? 0 : 1)),
    hits: sum(({ hits }) => hits),
    misses: sum(({ misses }) => misses.length),
    falseAlarms: sum(({ falseAlarms }) => falseAlarms.length),
    worstByteError: Math.max(0, ...compared.map(({ byteError }) => byteError)),
    holdersRight: sum(({ holders }) => holders.right),
    holders: sum(({ holders }) => holders.all),
  };
}

/** Whether the run meets the project's bar: nothing missed, nobody accused, bytes within 10 %, holders 95 % right. */
export function isAsWanted(sum: Totals): boolean {
  const isSound = sum.failed === 0 && sum.wrongVerdicts === 0 && sum.misses === 0 && sum.falseAlarms === 0;
  return isSound && sum.worstByteError <= MOST_BYTE_ERROR && sum.holdersRight >= LEAST_HOLDERS * sum.holders;
}

const MOST_BYTE_ERROR = 0.1;
const LEAST_HOLDERS = 0.95;
