import type { Report } from '../src/index.js';

/** Says with which code the command ends. */
export type SetExitCode = (code: number) => void;

/** 0 no leak, 1 leak, 2 could not tell. */
export function exitCodeOf(verdict: Report['verdict']): number {
  return { clean: 0, leak: 1, unknown: 2 }[verdict];
}
