import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { describedImage } from './dump-description.js';
import {
  CHECKED_HEAD_BYTES,
  CHECKSUM,
  CHECKSUM_BYTES,
  DUMP_FORMAT,
  HEAD_BYTES,
  MAGIC,
  PAGE_BYTES,
  PIECE_BYTES,
  RUN_BYTES,
  decodeHead,
} from './dump-format.js';
import type { DumpHead } from './dump-format.js';
import { MemoryImage } from './image.js';

/** An image's words must be countable in 31 bits. */
const MAX_IMAGE_BYTES = 2 ** 33;
const MAX_JSON_BYTES = 2 ** 28;

/**
 * Reads an image that `saveImage` wrote.
 *
 * @throws PhptraceError where there is no such file, or it is no dump, cut off, damaged, or of another format
 */
export function loadImage(file: string): MemoryImage {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new PhptraceError(`cannot open the dump ${file}: ${codeOf(error)}: check the path and its permissions`);
  }
  try {
    return new DumpReader(file, fd).read();
  } catch (error) {
    if (error instanceof PhptraceError) throw error;
    throw new PhptraceError(`cannot read the dump ${file}: ${codeOf(error)}: copy it again or take a new one`);
  } finally {
    closeSync(fd);
  }
}

class DumpReader {
  constructor(
    private readonly file: string,
    private readonly fd: number,
  ) {}

  read(): MemoryImage {
    const head = this.head();
    const runsAt = HEAD_BYTES + head.jsonBytes;
    const json = this.bytes(HEAD_BYTES, head.jsonBytes);
    const table = this.bytes(runsAt, head.runs * RUN_BYTES);
    const fixed = this.bytes(0, HEAD_BYTES);
    const sum = createHash(CHECKSUM).update(fixed.subarray(0, CHECKED_HEAD_BYTES)).update(json).update(table).digest();
    if (!sum.equals(fixed.subarray(CHECKED_HEAD_BYTES))) {
      throw this.damaged(0, `the checksum of its first ${String(runsAt + table.length)} bytes is wrong`);
    }
    const { header, segments } = describedImage(json, head.imageBytes, (why) => this.damaged(HEAD_BYTES, why));
    const runs = this.runs(table, head, runsAt);
    const buffer = this.allocate(head.imageBytes);
    this.readPages(runs, runsAt + table.length, buffer);
    return new MemoryImage(header, segments, buffer);
  }

  private head(): DumpHead {
    const stat = fstatSync(this.fd);
    if (!stat.isFile())
      throw new PhptraceError(`cannot read the dump ${this.file}: it is no regular file: name another`);
    const start = this.bytes(0, Math.min(HEAD_BYTES, stat.size));
    if (!start.subarray(0, MAGIC.length).equals(MAGIC.subarray(0, start.length)) || start.length === 0) {
      throw new PhptraceError(`${this.file} is no dump of phptrace: name a file that \`phptrace dump --out\` wrote`);
    }
    if (start.length < HEAD_BYTES) throw this.cutOff(stat.size, HEAD_BYTES);
    const head = decodeHead(start);
    if (head.format !== DUMP_FORMAT) {
      const isNewer = head.format > DUMP_FORMAT;
      throw new PhptraceError(
        `${this.file} is of dump format ${String(head.format)}, and this phptrace reads format ${String(DUMP_FORMAT)}: ` +
          (isNewer ? 'use the phptrace that wrote it, or a later one' : 'take a new dump'),
      );
    }
    if (head.imageBytes > MAX_IMAGE_BYTES || head.imageBytes % PAGE_BYTES !== 0) {
      throw this.damaged(32, `an image of ${String(head.imageBytes)} bytes is impossible`);
    }
    if (head.jsonBytes > MAX_JSON_BYTES)
      throw this.damaged(20, `${String(head.jsonBytes)} bytes of JSON are impossible`);
    const expected = HEAD_BYTES + head.jsonBytes + head.runs * RUN_BYTES + head.pageBytes + CHECKSUM_BYTES;
    if (stat.size < expected) throw this.cutOff(stat.size, expected);
    if (stat.size > expected) throw this.damaged(expected, `${String(stat.size - expected)} bytes follow its end`);
    return head;
  }

  /** [first page, pages, …], checked: in order, inside the image, and as many as there are bytes of pages. */
  private runs(table: Buffer, { imageBytes, pageBytes }: DumpHead, tableAt: number): number[] {
    const runs: number[] = [];
    let [next, pages] = [0, 0];
    for (let at = 0; at < table.length; at += RUN_BYTES) {
      const [first, count] = [table.readUInt32LE(at), table.readUInt32LE(at + 4)];
      if (first < next || count === 0 || first + count > imageBytes / PAGE_BYTES) {
        throw this.damaged(tableAt + at, `there is no room for ${String(count)} pages from page ${String(first)} on`);
      }
      runs.push(first, count);
      next = first + count;
      pages += count;
    }
    if (pages * PAGE_BYTES !== pageBytes) {
      throw this.damaged(40, `it says ${String(pageBytes)} bytes of pages and lists ${String(pages)} pages`);
    }
    return runs;
  }

  private readPages(runs: readonly number[], from: number, buffer: ArrayBuffer): void {
    const sum = createHash(CHECKSUM);
    let at = from;
    for (let run = 0; run < runs.length; run += 2) {
      const end = (runs[run]! + runs[run + 1]!) * PAGE_BYTES;
      for (let to = runs[run]! * PAGE_BYTES; to < end; to += PIECE_BYTES) {
        const piece = new Uint8Array(buffer, to, Math.min(PIECE_BYTES, end - to));
        this.fill(piece, at);
        sum.update(piece);
        at += piece.length;
      }
    }
    if (!sum.digest().equals(this.bytes(at, CHECKSUM_BYTES))) {
      throw this.damaged(from, `the checksum of the ${String(at - from)} bytes from there on is wrong`);
    }
  }

  private allocate(sizeBytes: number): ArrayBuffer {
    try {
      return new ArrayBuffer(sizeBytes);
    } catch {
      throw new PhptraceError(
        `cannot read the dump ${this.file}: this machine has no ${String(sizeBytes)} bytes of memory for it: free some`,
      );
    }
  }

  private bytes(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.fill(bytes, at);
    return bytes;
  }

  private fill(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      const got = readSync(this.fd, bytes, done, bytes.length - done, at + done);
      if (got === 0) throw this.cutOff(at + done, at + bytes.length);
      done += got;
    }
  }

  private cutOff(sizeBytes: number, expected: number): PhptraceError {
    return this.damaged(sizeBytes, `it ends there, and ${String(expected)} bytes are expected: it was cut off`);
  }

  private damaged(offset: number, why: string): PhptraceError {
    return new PhptraceError(
      `the dump ${this.file} is damaged at offset ${String(offset)}: ${why}: copy it again or take a new one`,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}
