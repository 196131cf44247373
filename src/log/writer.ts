import { closeSync, fchmodSync, ftruncateSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import type { TraceRecord } from '../trace/records.js';
import { errorCode, type OpenLog } from './location.js';

/**
 * Appends records to a log, a line each. Names are kept back until the loop or the end that follows them, then all goes
 * out in one write: what the file holds can be read at any time. Never throws: a trace is worth more than its log. After
 * a failed write nothing more is written, and `problem` says why.
 */
export class LogWriter {
  readonly file: string;
  private readonly fd: number;
  private readonly madeDirectory: string | undefined;
  private readonly isOld: boolean | undefined;
  private waiting: string[] = [];
  private waitingLength = 0;
  private writtenBytes = 0;
  private trouble: string | undefined;
  private closed = false;

  constructor(log: OpenLog) {
    this.file = log.file;
    this.fd = log.fd;
    this.madeDirectory = log.madeDirectory;
    this.isOld = log.isOld;
  }

  /** A sentence for the report where the log is not complete; else undefined. */
  get problem(): string | undefined {
    return this.trouble;
  }

  write(record: TraceRecord): void {
    if (this.trouble !== undefined || this.closed) return;
    const line = `${JSON.stringify(record)}\n`;
    this.waiting.push(line);
    this.waitingLength += line.length;
    const names = record.type === 'site' || record.type === 'path';
    if (!names || this.waitingLength > MOST_WAITING) this.flush();
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    try {
      closeSync(this.fd);
    } catch (error) {
      this.trouble ??= `the log ${this.file} may be incomplete: ${errorCode(error)}`;
    }
  }

  /** For a trace that came to nothing: closes the log, and removes it where nothing was written to it. */
  discard(): void {
    const isEmpty = this.writtenBytes === 0 && this.waiting.length === 0;
    this.close();
    if (!isEmpty || this.isOld === true) return;
    try {
      rmSync(this.file, { force: true });
      if (this.madeDirectory !== undefined) rmdirSync(this.madeDirectory);
    } catch {
      // Another trace has a log there by now.
    }
  }

  private flush(): void {
    if (this.waiting.length === 0 || this.trouble !== undefined) return;
    const data = Buffer.from(this.waiting.join(''));
    this.waiting = [];
    this.waitingLength = 0;
    let done = 0;
    try {
      if (this.writtenBytes === 0 && this.isOld !== undefined) this.makeOurs();
      while (done < data.length) done += writeSync(this.fd, data, done, data.length - done);
      this.writtenBytes += done;
    } catch (error) {
      this.trouble = `the log ${this.file} ends early: it could not be written: ${errorCode(error)}`;
      this.dropTornTail();
    }
  }

  /** From the first write on the file is this trace's: empty, and nobody else's to read. */
  private makeOurs(): void {
    fchmodSync(this.fd, 0o600);
    ftruncateSync(this.fd, 0);
  }

  private dropTornTail(): void {
    try {
      ftruncateSync(this.fd, this.writtenBytes);
    } catch {
      // The reader copes with a torn last line, and the trouble is told already.
    }
  }
}

/** Characters of names that may wait for their loop. */
const MOST_WAITING = 1 << 20;
