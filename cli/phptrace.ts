#!/usr/bin/env node
/**
 * The command. Exit codes: 0 no leak, 1 leak, 2 could not tell or failed, 130 interrupted twice.
 */
import { failureLines } from './failure.js';

process.once('uncaughtException', fail);
// A failed write to stdout is heard where it was made, and of a lost stderr there is nobody to tell.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

try {
  // Loaded here and not above: a dependency that does not load is a line for the user too, not a stack trace.
  const { runCommandLine } = await import('./program.js');
  // A report has been given by now: whatever is still open must not keep the command alive.
  process.exit(await runCommandLine(process.argv));
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  process.stderr.write(failureLines(error, process.argv));
  process.exit(2);
}
