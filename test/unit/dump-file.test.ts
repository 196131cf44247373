import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { loadImage } from '../../src/heap/dump-reader.js';
import { saveImage } from '../../src/heap/dump-writer.js';
import { smallImage } from '../fixtures/image/small-image.js';
import { randomFrom } from './random.js';

const directory = mkdtempSync(join(tmpdir(), 'phptrace-dump-'));
test.after.always(() => rmSync(directory, { recursive: true }));
let files = 0;

test('an image is read back as it was saved', (t) => {
  const image = smallImage();
  const loaded = loadImage(saved());
  t.deepEqual(loaded.header, image.header);
  t.deepEqual(loaded.segments, image.segments);
  t.deepEqual(new Uint8Array(loaded.buffer), new Uint8Array(image.buffer));
});

test('pages of zeros take no room', (t) => {
  const bytes = statSync(saved()).size;
  // 9 pages that are not, of 516.
  t.true(bytes > 9 * 4096 && bytes < 9 * 4096 + 4096, String(bytes));
});

test('a dump is for its owner alone, and replaces an older one', (t) => {
  const file = saved();
  saveImage(smallImage(8), file);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(loadImage(file).segments[0]?.sizeBytes, 8 * 4096);
  t.deepEqual(
    readdirSync(directory).filter((name) => name.includes('partial')),
    [],
  );
});

test('what is no dump is neither overwritten nor followed', (t) => {
  const precious = join(directory, 'precious');
  const link = join(directory, 'link');
  writeFileSync(precious, 'precious');
  symlinkSync(precious, link);
  const cases = [
    [precious, /it is there and is no dump/],
    [link, /it is a symbolic link/],
    ['/dev/full', /it is no regular file/],
    [directory, /it is no regular file/],
    [join(directory, 'no', 'such', 'file'), /ENOENT/],
  ] as const;
  for (const [file, says] of cases) {
    t.regex(
      refusal(t, () => saveImage(smallImage(), file)),
      says,
    );
  }
  t.is(readFileSync(precious, 'utf8'), 'precious');
});

test('what is no dump is not read', (t) => {
  const foreign = path();
  for (const text of ['', 'x', 'phptrace', 'PHP', '\x7fELF'.padEnd(9000)]) {
    writeFileSync(foreign, text);
    t.regex(
      refusal(t, () => loadImage(foreign)),
      /is no dump of phptrace|it was cut off/,
    );
  }
  t.regex(
    refusal(t, () => loadImage(directory)),
    /no regular file/,
  );
  t.regex(
    refusal(t, () => loadImage('/dev/zero')),
    /no regular file/,
  );
  t.regex(
    refusal(t, () => loadImage(join(directory, 'none'))),
    /ENOENT/,
  );
});

test('a dump of another format is named with the way out', (t) => {
  for (const [format, says] of [
    [0, /format 0, .* reads format 1: take a new dump/],
    [7, /format 7, .* reads format 1: use the phptrace that wrote it/],
  ] as const) {
    const file = changed((bytes) => bytes.writeUInt32LE(format, 16));
    t.regex(
      refusal(t, () => loadImage(file)),
      says,
    );
  }
});

test('an image of another schema is named', (t) => {
  const file = changed((bytes) => bytes.write('"schema":9', bytes.indexOf('"schema":1')), true);
  t.regex(
    refusal(t, () => loadImage(file)),
    /schema 9, and this phptrace reads 1/,
  );
});

test('a dump that was cut off is told with its length, wherever the cut is', (t) => {
  const whole = saved();
  const size = statSync(whole).size;
  for (let cut = size - 1; cut > 80; cut -= 997) {
    truncateSync(whole, cut);
    t.regex(
      refusal(t, () => loadImage(whole)),
      new RegExp(`at offset ${cut}: it ends there, .* cut off`),
    );
  }
});

test('numbers that lie are caught before they are believed, also with a checksum that fits', (t) => {
  const lies: readonly [(bytes: Buffer) => void, RegExp][] = [
    [(bytes) => bytes.writeUInt32LE(0xffff_ffff, 20), /4294967295 bytes of JSON are impossible/],
    [(bytes) => bytes.writeUInt32LE(0xffff_ffff, 24), /cut off/],
    [(bytes) => bytes.writeBigUInt64LE(2n ** 63n, 32), /an image of \d+ bytes is impossible/],
    [(bytes) => bytes.writeBigUInt64LE(4096n, 32), /segment 0 is not what it must be/],
    [(bytes) => bytes.writeBigUInt64LE(2n ** 52n, 40), /cut off/],
    [(bytes) => bytes.writeUInt32LE(0xffff_fff0, runsAt(bytes)), /no room for 2 pages from page 4294967280/],
    [(bytes) => bytes.writeUInt32LE(0xffff_fff0, runsAt(bytes) + 4), /no room for 4294967280 pages/],
    [(bytes) => bytes.writeUInt32LE(1, runsAt(bytes) + 4), /says 36864 bytes of pages and lists 8 pages/],
    [(bytes) => replace(bytes, '"offset":2097152', '"offset":9097152'), /segment \d is not what it must be/],
    [(bytes) => replace(bytes, '"pid":4242', '"pid":null'), /the header's pid is not what it must be/],
    [(bytes) => replace(bytes, '"symbols":{', '"symbols":['), /no JSON/],
  ];
  for (const [lie, says] of lies) {
    const file = changed(lie, true);
    t.regex(
      refusal(t, () => loadImage(file)),
      says,
    );
  }
});

test('thousands of flipped bytes: each is noticed, and none ends in anything but one line', (t) => {
  const bytes = readFileSync(saved());
  const file = path();
  const random = randomFrom(20261125);
  const front = runsAt(bytes) + 64;
  for (let i = 0; i < 4000; i++) {
    // Most of them where the numbers are.
    const at = Math.floor(random() * (i % 4 === 0 ? bytes.length : front));
    const was = bytes[at]!;
    bytes[at] = was ^ (1 + Math.floor(random() * 255));
    writeFileSync(file, bytes);
    refusal(t, () => loadImage(file));
    bytes[at] = was;
  }
});

test('thousands of changes with a checksum that fits end in an image or in one line', (t) => {
  const random = randomFrom(7);
  const original = readFileSync(saved());
  const file = path();
  let images = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(original);
    for (let change = 0; change < 1 + (i % 3); change++) {
      bytes[16 + Math.floor(random() * (runsAt(original) + 40 - 16))] = Math.floor(random() * 256);
    }
    seal(bytes);
    writeFileSync(file, bytes);
    try {
      loadImage(file);
      images++;
    } catch (error) {
      t.true(error instanceof PhptraceError, String(error));
    }
  }
  t.true(images > 0 && images < 3000, String(images));
});

function path(): string {
  return join(directory, `${String(++files)}.dump`);
}

function saved(): string {
  const file = path();
  saveImage(smallImage(), file);
  return file;
}

/** A saved image with something changed; `sealed` where the checksum of the front is made to fit again. */
function changed(change: (bytes: Buffer) => void, sealed = false): string {
  const file = saved();
  const bytes = readFileSync(file);
  change(bytes);
  if (sealed) seal(bytes);
  writeFileSync(file, bytes);
  return file;
}

function seal(bytes: Buffer): void {
  const end = Math.min(bytes.length, runsAt(bytes) + bytes.readUInt32LE(24) * 8);
  const sum = createHash('sha256').update(bytes.subarray(0, 48)).update(bytes.subarray(80, end));
  sum.digest().copy(bytes, 48);
}

function runsAt(bytes: Buffer): number {
  return 80 + bytes.readUInt32LE(20);
}

function replace(bytes: Buffer, from: string, to: string): void {
  bytes.write(to, bytes.indexOf(from), 'latin1');
}

/** The message, after checking that it is one line of ours. */
function refusal(t: ExecutionContext, call: () => unknown): string {
  const error = t.throws(call, { instanceOf: PhptraceError });
  const message = error?.message ?? '';
  if (message.includes('\n')) t.fail(message);
  return message;
}
