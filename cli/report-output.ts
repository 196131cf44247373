import { accessSync, closeSync, constants, existsSync, openSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PhptraceError, renderGroupJson, renderGroupText, renderJson, renderText } from '../src/index.js';
import type { GroupReport, Report } from '../src/index.js';
import { exitCodeOf } from './exit-code.js';
import type { ReportFlags } from './flags.js';
import type { Talk } from './talk.js';

/** Throws PhptraceError where `--output` cannot be written; changes nothing. */
export function checkOutput(file: string | undefined): void {
  if (file === undefined) return;
  try {
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error('it is a directory');
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Throws PhptraceError where the folder of a new `--log` takes no file; changes nothing. */
export function checkLogFolder(file: string | undefined): void {
  if (file === undefined || existsSync(file)) return;
  const folder = dirname(file);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    const why = existsSync(folder) ? `nothing can be written to ${folder}` : `there is no folder ${folder}`;
    throw new PhptraceError(`cannot log to ${file}: ${why}: name another file with --log FILE`);
  }
}

/** Gives the report where the flags want it. Returns the exit code: 0 no leak, 1 leak, 2 could not tell. */
export async function writeReport(report: Report | GroupReport, flags: ReportFlags, talk: Talk): Promise<number> {
  const toFile = flags.output !== undefined;
  const text = render(report, flags.format, !toFile && terminalHasColors());
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (flags.output === undefined) await printResult(whole);
  else writeOutput(flags.output, whole);

  const { verdict, verdictReason } = 'merged' in report ? report.merged : report;
  // Whoever reads no text report hears the way out here.
  if (verdict === 'unknown' && (toFile || flags.format === 'json')) {
    talk.note(`could not tell whether it leaks: ${verdictReason ?? 'see the report'}`);
  }
  return exitCodeOf(verdict);
}

function render(report: Report | GroupReport, format: ReportFlags['format'], color: boolean): string {
  if ('merged' in report) return format === 'json' ? renderGroupJson(report) : renderGroupText(report, { color });
  return format === 'json' ? renderJson(report) : renderText(report, { color });
}

/**
 * Writes a command's result to stdout; resolves when it is written, or when the reader has gone (`… | head`): that is
 * the reader's right and no failure.
 */
export function printResult(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else reject(unwritable('stdout', error));
    });
  });
}

/**
 * Writes a result in pieces to a file, or to stdout where none is named. Every piece is written before the next one is
 * made. `append`: behind what an earlier call wrote.
 */
export async function writeResult(
  pieces: Iterable<string | Uint8Array>,
  file: string | undefined,
  { append = false } = {},
): Promise<void> {
  if (file === undefined) {
    for (const piece of pieces) await printResult(piece);
    return;
  }
  // What cannot be made must not empty the file: the first piece comes before it is opened.
  let fd: number | undefined;
  try {
    for (const piece of pieces) {
      fd ??= openOutput(file, append);
      writeOutput(fd, piece, file);
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function openOutput(file: string, append: boolean): number {
  try {
    return openSync(file, append ? 'a' : 'w');
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** https://no-color.org: any value that is not empty turns colours off. */
export function terminalHasColors(): boolean {
  const refused = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return process.stdout.isTTY && !refused;
}

function writeOutput(to: string | number, content: string | Uint8Array, file = String(to)): void {
  try {
    writeFileSync(to, content);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): PhptraceError {
  const why = error instanceof Error ? error.message : String(error);
  return new PhptraceError(`cannot write the report to ${file}: ${why}; give a file that can be written`);
}
