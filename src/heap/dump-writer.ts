import { createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { PhptraceError } from '../errors.js';
import { CHECKSUM, DUMP_FORMAT, MAGIC, PAGE_BYTES, PIECE_BYTES, RUN_BYTES, encodeHead } from './dump-format.js';
import type { MemoryImage } from './image.js';

const PAGE_WORDS = PAGE_BYTES / 4;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Saves an image for its owner's eyes only (mode 0600). The file appears under its name when it is complete; an older
 * dump of that name is replaced, anything else is left alone. Returns its size in bytes.
 *
 * @throws PhptraceError where it cannot be written; then nothing stays of it
 */
export function saveImage(image: MemoryImage, file: string): number {
  checkDumpFile(file);
  const partial = `${file}.partial-${String(process.pid)}`;
  let fd: number;
  try {
    fd = openSync(partial, NEW_FILE, 0o600);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  try {
    const written = write(image, fd);
    fsyncSync(fd);
    renameSync(partial, file);
    return written;
  } catch (error) {
    rmSync(partial, { force: true });
    throw cannotWrite(file, error);
  } finally {
    closeSync(fd);
  }
}

/**
 * Changes nothing. Only a file that is not there yet, an empty one, and a dump may be replaced.
 * @throws PhptraceError where a dump cannot be written there: asked before, no process is stopped in vain
 */
export function checkDumpFile(file: string): void {
  let stat: Stats | undefined;
  try {
    accessSync(dirname(file), constants.W_OK);
    stat = lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw cannotWrite(file, error);
  }
  if (stat === undefined) return;
  if (!stat.isFile()) {
    const what = stat.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
    throw new PhptraceError(`cannot write the dump ${file}: it is ${what}: name another file`);
  }
  if (stat.size > 0 && !beginsLikeADump(file)) {
    throw new PhptraceError(`cannot write the dump ${file}: it is there and is no dump: name another file`);
  }
}

function beginsLikeADump(file: string): boolean {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const head = Buffer.alloc(MAGIC.length);
      return readSync(fd, head) === head.length && head.equals(MAGIC);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

function write(image: MemoryImage, fd: number): number {
  const json = Buffer.from(JSON.stringify({ header: image.header, segments: image.segments }));
  const { runs, pages } = pagesInUse(image.words);
  const pageBytes = pages * PAGE_BYTES;
  const imageBytes = image.buffer.byteLength;
  const head = encodeHead({
    format: DUMP_FORMAT,
    jsonBytes: json.length,
    runs: runs.length / 2,
    imageBytes,
    pageBytes,
  });
  const table = Buffer.alloc((runs.length / 2) * RUN_BYTES);
  for (const [index, value] of runs.entries()) table.writeUInt32LE(value, 4 * index);
  const headSum = createHash(CHECKSUM).update(head).update(json).update(table).digest();
  let written = 0;
  const put = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
    written += bytes.length;
  };
  for (const part of [head, headSum, json, table]) put(part);
  const sum = createHash(CHECKSUM);
  for (let run = 0; run < runs.length; run += 2) {
    const end = (runs[run]! + runs[run + 1]!) * PAGE_BYTES;
    for (let at = runs[run]! * PAGE_BYTES; at < end; at += PIECE_BYTES) {
      const piece = new Uint8Array(image.buffer, at, Math.min(PIECE_BYTES, end - at));
      sum.update(piece);
      put(piece);
    }
  }
  put(sum.digest());
  return written;
}

/** Runs of pages that hold anything but zeros: [first, count, …]. */
function pagesInUse(words: Uint32Array): { runs: number[]; pages: number } {
  const runs: number[] = [];
  const count = words.length / PAGE_WORDS;
  let [pages, next] = [0, -1];
  for (let page = 0; page < count; page++) {
    if (isZero(words, page * PAGE_WORDS)) continue;
    pages++;
    if (page === next) runs[runs.length - 1]!++;
    else runs.push(page, 1);
    next = page + 1;
  }
  return { runs, pages };
}

function isZero(words: Uint32Array, first: number): boolean {
  for (let at = first; at < first + PAGE_WORDS; at++) if (words[at] !== 0) return false;
  return true;
}

function cannotWrite(file: string, error: unknown): PhptraceError {
  if (error instanceof PhptraceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const wayOut =
    code === 'ENOSPC' || code === 'EDQUOT' ? 'make room, or name a file on another disk' : 'name another file';
  return new PhptraceError(`cannot write the dump ${file}: ${code}: ${wayOut}`);
}
