import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { LOG_SCHEMA, type TraceRecord } from '../trace/records.js';
import { errorCode, LOG_BEGINNING } from './location.js';
import { shapeProblem } from './record-shape.js';

/** How a log ended. */
export interface LogEnding {
  /** The last line was cut off in the middle and was left out. */
  readonly torn: boolean;
  /** The last record says why the trace ended. */
  readonly closed: boolean;
}

/**
 * Reads a log from its beginning to its end and hands out each record. The file is trusted in nothing: shapes and
 * bounds are checked, and so is the order in which `onRecord` gets them, for it may throw a PhptraceError too. Throws a
 * PhptraceError that names the line where the file is not a log, is damaged in the middle, or is of another schema.
 */
export function readLog(file: string, onRecord: (record: TraceRecord) => void): LogEnding {
  const records = readRecords(file);
  for (;;) {
    const next = records.next();
    if (next.done === true) return next.value;
    const { line, record } = next.value;
    try {
      onRecord(record);
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      throw new PhptraceError(`${file}, line ${line}: ${error.message}: ${DAMAGED}`);
    }
  }
}

/** The same, record by record as they are asked for, each with its line's number. */
export function* readRecords(
  file: string,
): Generator<{ readonly line: number; readonly record: TraceRecord }, LogEnding> {
  let line = 0;
  let closed = false;
  let torn = false;
  for (const { text, complete } of linesOf(file)) {
    line++;
    if (closed)
      throw new PhptraceError(`${file}, line ${line}: the log goes on after its end: it was mixed with another`);
    const value = parsed(text);
    if (value === undefined && !complete && line > 1) {
      torn = true;
      break;
    }
    if (value === undefined && !complete && text.startsWith(LOG_BEGINNING.slice(0, text.length))) {
      throw new PhptraceError(`${file} is cut off in its first line: trace again, or name another log`);
    }
    const record = recordOf(file, line, value);
    yield { line, record };
    closed = record.type === 'end';
  }
  if (line === 0) throw new PhptraceError(`${file} is empty: trace again, or name another log`);
  return { torn, closed };
}

interface Line {
  readonly text: string;
  /** False for what follows the last newline. */
  readonly complete: boolean;
}

function* linesOf(file: string): Generator<Line> {
  const fd = open(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const got = read(file, fd, chunk);
      if (got === 0) break;
      let start = 0;
      for (;;) {
        const end = chunk.subarray(0, got).indexOf(NEWLINE, start);
        if (end < 0) break;
        parts.push(chunk.subarray(start, end));
        yield { text: Buffer.concat(parts).toString('utf8'), complete: true };
        parts = [];
        length = 0;
        start = end + 1;
      }
      if (start < got) parts.push(Buffer.from(chunk.subarray(start, got)));
      length += got - start;
      if (length > MOST_LINE_BYTES) {
        throw new PhptraceError(`${file} has a line of more than ${MOST_LINE_BYTES} bytes: it is no phptrace log`);
      }
    }
    if (length > 0) yield { text: Buffer.concat(parts).toString('utf8'), complete: false };
  } finally {
    closeSync(fd);
  }
}

function open(file: string): number {
  let fd;
  try {
    // Non-blocking, so that a FIFO is refused and not waited for.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new PhptraceError(`cannot read the log ${file}: ${errorCode(error)}: check the name and your rights`);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new PhptraceError(`cannot read the log ${file}: it is not a regular file: name a log`);
}

function read(file: string, fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk, 0, chunk.length, null);
  } catch (error) {
    throw new PhptraceError(`cannot read the log ${file}: ${errorCode(error)}: copy it to a sound disk`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function recordOf(file: string, line: number, value: unknown): TraceRecord {
  if (line === 1) expectHeader(file, value);
  if (value === undefined) throw new PhptraceError(`${file}, line ${line}: it is not JSON: ${DAMAGED}`);
  const problem = shapeProblem(value);
  if (problem) throw new PhptraceError(`${file}, line ${line}: ${problem}: ${DAMAGED}`);
  return value as TraceRecord;
}

function expectHeader(file: string, value: unknown): void {
  const header = value as { readonly type?: unknown; readonly schema?: unknown } | null | undefined;
  if (header?.type !== 'trace' || !Number.isInteger(header.schema)) {
    throw new PhptraceError(`${file} is no phptrace log: line 1 is not its header: name another file`);
  }
  if (header.schema !== LOG_SCHEMA) {
    throw new PhptraceError(
      `${file} is of log schema ${String(header.schema)} and this phptrace reads ${LOG_SCHEMA}: ` +
        `use the version that wrote it, or trace again`,
    );
  }
}

const DAMAGED = 'the log is damaged: trace again, or cut it off before this line';
const NEWLINE = 10;
const CHUNK_BYTES = 1 << 18;
/** A loop that frees a buffer of a million loops is a line of about 100 MB. */
const MOST_LINE_BYTES = 1 << 28;
