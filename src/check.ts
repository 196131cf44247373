import { PhptraceError } from './errors.js';

/** One thing that tracing needs or can use. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** False where tracing works without it. */
  readonly required: boolean;
  readonly found: string;
  /** What to do, where it is missing. */
  readonly remedy?: string;
}

/** A check and its outcome; the remedy is kept where it failed. None where what was found has it. */
export function check(name: string, ok: boolean, found: string, remedy?: string, required = true): Check {
  return { name, ok, required, found, ...(ok || remedy === undefined ? {} : { remedy }) };
}

/** What a check that failed found. Throws what is no failure that a user can act on. */
export function messageOf(error: unknown): string {
  if (error instanceof PhptraceError) return error.message;
  throw error;
}
