import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UnreadableFile } from '../../src/php/elf.js';
import { PhpBinaries } from '../../src/php/php-binaries.js';

const directory = mkdtempSync(join(tmpdir(), 'phptrace-binaries-'));
test.after.always(() => rmSync(directory, { recursive: true }));

const MARK = 'X-Powered-By: PHP/8.2.36';
const [CLASS_32, CLASS_64, I386, AARCH64] = [1, 2, 3, 183];

test('PHP for another machine is refused by its name, however far into the file it says that it is PHP', (t) => {
  const far = 3 * 2 ** 20 - 7;
  const shown = { 'built for i386': elf(CLASS_32, I386, 100), 'built for aarch64': elf(CLASS_64, AARCH64, far) };
  for (const [short, bytes] of Object.entries(shown)) {
    t.throws(() => open('php8.2', bytes), { name: 'PhptraceError', message: /only x86-64 can be traced/ });
    t.like(
      t.throws(() => open('php8.2', bytes)),
      { short },
    );
  }
});

test('what does not say that it is PHP is none: a program for another machine, a script, a cut-off file', (t) => {
  t.is(open('php-helper', elf(CLASS_32, I386)), undefined);
  t.is(open('php.phar', Buffer.from(`#!/usr/bin/env php\n<?php // ${MARK}`)), undefined);
  t.is(open('php', Buffer.from('\x7fELF')), undefined);
  t.is(open('php', Buffer.alloc(0)), undefined);
});

test('a program that is not PHP is looked at once, and a file that is gone is none', (t) => {
  const binaries = new PhpBinaries();
  t.is(binaries.open(process.execPath, 'node'), undefined);
  t.is(binaries.open(join(directory, 'gone'), 'gone'), undefined);
  binaries.close();
});

test('a file that cannot be looked at, as a process of which ends, is an error with its name', (t) => {
  const endless = join(directory, 'endless');
  symlinkSync(endless, endless);
  t.throws(() => new PhpBinaries().open(endless, 'php'), { instanceOf: UnreadableFile, message: /endless.*ELOOP/ });
});

let files = 0;

function open(name: string, bytes: Uint8Array) {
  const file = join(directory, String(++files));
  writeFileSync(file, bytes);
  const binaries = new PhpBinaries();
  try {
    return binaries.open(file, `/usr/bin/${name}`);
  } finally {
    binaries.close();
  }
}

/** The beginning of an ELF header, and the mark of PHP at an offset where one is given. */
function elf(fileClass: number, machine: number, markAt?: number): Buffer {
  const bytes = Buffer.alloc(4 * 2 ** 20);
  bytes.write('\x7fELF', 'latin1');
  bytes.writeUInt8(fileClass, 4);
  bytes.writeUInt8(1, 5);
  bytes.writeUInt16LE(machine, 18);
  if (markAt !== undefined) bytes.write(MARK, markAt, 'latin1');
  return bytes;
}
