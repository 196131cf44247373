import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { openElf } from '../../src/php/elf.js';
import { detectVersion } from '../../src/php/php-version.js';
import { buildElf } from '../fixtures/sites/elf-file.js';

const folder = mkdtempSync(join(tmpdir(), 'phptrace-elf-'));
test.after.always(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `${(files += 1)}.elf`);
  writeFileSync(path, bytes);
  return path;
}

/** Everything that a session asks of a file. */
function useAll(path: string): void {
  const elf = openElf(path);
  try {
    elf.symbol('first');
    elf.bounds(0x2000);
    elf.read(0x2000, 8);
    elf.buildId();
    elf.stubSymbol(0x4000);
    detectVersion(elf);
  } finally {
    elf.close();
  }
}

test('symbols, code, bounds, file offsets and build id are read', (t) => {
  const elf = openElf(file(buildElf()));
  t.deepEqual(elf.symbol('first'), { address: 0x2000, sizeBytes: 8 });
  t.deepEqual(elf.symbol('second'), { address: 0x2010, sizeBytes: 4 });
  t.is(elf.symbol('imported'), undefined);
  t.deepEqual(elf.symbolNames().sort(), ['first', 'second']);
  t.true(elf.isPie);
  t.is(elf.fileOffset(0x2010), 0x210);
  t.deepEqual([...elf.read(0x2000, 2)], [0x90, 0xc3]);
  t.deepEqual(elf.bounds(0x200f), { start: 0x2000, end: 0x2010 });
  t.deepEqual(elf.bounds(0x2010), { start: 0x2010, end: 0x2020 });
  t.is(elf.buildId(), 'c0ffee01');
  t.is(detectVersion(elf), '8.2.36');
  elf.close();
});

test('a linkage stub and its slot lead to the imported symbol', (t) => {
  const elf = openElf(file(buildElf()));
  t.is(elf.slotSymbol(0x5008), 'imported');
  t.is(elf.slotSymbol(0x5010), undefined);
  t.is(elf.stubSymbol(0x4000), 'imported');
  t.is(elf.stubSymbol(0x2000), undefined);
  elf.close();
});

test('an address outside of the file is refused', (t) => {
  const elf = openElf(file(buildElf()));
  t.throws(() => elf.fileOffset(0x9000), { instanceOf: PhptraceError, message: /0x9000/ });
  t.throws(() => elf.read(0x201c, 64), { instanceOf: PhptraceError });
  t.throws(() => elf.bounds(0x1000), { instanceOf: PhptraceError, message: /0x1000/ });
  elf.close();
});

test('a file cut off anywhere is refused with what is missing, never with a RangeError', (t) => {
  const whole = buildElf();
  for (let length = 0; length < whole.length; length++) {
    const path = file(whole.subarray(0, length));
    const error = t.throws(() => useAll(path), { instanceOf: PhptraceError }, `cut to ${length}`);
    t.regex(error.message, /offset \d+/);
  }
});

test('no damaged byte ends in anything but an answer or a PhptraceError', (t) => {
  const whole = buildElf();
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = value;
      const path = file(damaged);
      try {
        useAll(path);
      } catch (error) {
        t.true(error instanceof PhptraceError, `byte ${at} = ${value}: ${String(error)}`);
      }
      rmSync(path);
    }
  }
  t.pass();
});

const FOREIGN: readonly (readonly [string, number, number[], RegExp])[] = [
  ['no ELF file', 0, [0x23, 0x21], /magic/],
  ['a 32-bit file', 4, [1], /64-bit/],
  ['a big-endian file', 5, [2], /little-endian/],
  ['an AArch64 file', 18, [183, 0], /e_machine is 183/],
  ['an object file', 16, [1, 0], /e_type is 1/],
  ['a file without section headers', 60, [0, 0], /section headers/],
];

for (const [what, offset, bytes, why] of FOREIGN) {
  test(`${what} is refused as such`, (t) => {
    const image = buildElf();
    image.set(bytes, offset);
    const path = file(image);
    t.throws(() => openElf(path), { instanceOf: PhptraceError, message: why });
  });
}

test('a file that is not there is refused with its path', (t) => {
  const path = join(folder, 'missing');
  t.throws(() => openElf(path), { instanceOf: PhptraceError, message: /missing.*ENOENT/ });
});

test('a program that is not PHP has no version', (t) => {
  const elf = openElf(file(buildElf('X-Powered-By: Express')));
  t.throws(() => detectVersion(elf), { instanceOf: PhptraceError, message: /contains no PHP/ });
  elf.close();
});
