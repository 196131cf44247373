import test from 'ava';
import koffi from 'koffi';
import { RangeList, copyRanges } from '../../src/native/copy-ranges.js';
import { Pages } from '../../src/native/libc.js';
import { PAGE_BYTES } from '../../src/native/page.js';
import { Pagemap, addRuns } from '../../src/php/pagemap.js';

// This process looks at memory of its own: that needs no rights.

const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const FILE = 1 << 29;

test('runs of pages that exist, and of those that are of no file', (t) => {
  const entries = pagemapEntries([PRESENT, PRESENT, 0, SWAPPED, PRESENT | FILE, PRESENT | FILE, PRESENT, 0]);
  const [present, own]: [number[], number[]] = [[], []];
  addRuns(present, entries, 8, 0x10000, 'present');
  addRuns(own, entries, 8, 0x10000, 'own');
  t.deepEqual(present, [0x10000, 0x12000, 0x13000, 0x17000]);
  t.deepEqual(own, [0x10000, 0x12000, 0x13000, 0x14000, 0x16000, 0x17000]);
});

test('a run that goes on from one read to the next stays one', (t) => {
  const runs: number[] = [];
  addRuns(runs, pagemapEntries([0, PRESENT]), 2, 0x10000, 'own');
  addRuns(runs, pagemapEntries([PRESENT, 0]), 2, 0x12000, 'own');
  t.deepEqual(runs, [0x11000, 0x13000]);
});

test('the kernel tells which pages of a mapping were written, by either of its ways', (t) => {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func('intptr_t mmap(intptr_t address, size_t length, int prot, int flags, int fd, long offset)');
  const address = Number(mmap(0, 64 * PAGE_BYTES, 3, 0x22, -1, 0));
  const view = new Uint8Array(koffi.view(address, 64 * PAGE_BYTES));
  for (const page of [1, 2, 10, 63]) view[page * PAGE_BYTES] = 1;
  const at = (page: number): number => address + page * PAGE_BYTES;
  const expected = [at(1), at(3), at(10), at(11), at(63), at(64)];
  const pagemap = new Pagemap(process.pid);
  t.deepEqual(pagemap.runs(address, at(64), 'own'), expected);
  Object.assign(pagemap, { scan: undefined });
  t.deepEqual(pagemap.runs(address, at(64), 'own'), expected);
  t.deepEqual(pagemap.runs(address, at(64), 'present'), expected);
  pagemap.close();
});

test('ranges are copied each to its place, and what cannot be read is told and skipped', (t) => {
  const libc = koffi.load('libc.so.6');
  const munmap = libc.func('int munmap(intptr_t address, size_t length)');
  const source = Pages.map(3000 * PAGE_BYTES);
  const from = Number(source.address);
  const view = new Uint8Array(koffi.view(source.address, source.sizeBytes));
  for (let page = 0; page < 3000; page++) view.fill(1 + (page % 250), page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  munmap(from + 100 * PAGE_BYTES, 2 * PAGE_BYTES);
  const ranges = new RangeList();
  const target = Pages.map(3000 * PAGE_BYTES);
  // More than fit into one call, in reverse order.
  ranges.add(from, 200 * PAGE_BYTES, 0);
  for (let page = 2999; page >= 200; page -= 2) ranges.add(from + page * PAGE_BYTES, PAGE_BYTES, page * PAGE_BYTES);
  const unreadable: number[] = [];
  copyRanges(process.pid, ranges, target, (address, sizeBytes) => unreadable.push(address, sizeBytes));
  t.deepEqual(unreadable, [from + 100 * PAGE_BYTES, PAGE_BYTES, from + 101 * PAGE_BYTES, PAGE_BYTES]);
  const copied = new Uint8Array(target.toBuffer(3000 * PAGE_BYTES));
  const wrong = Array.from({ length: 3000 }, (_, page) => page).filter((page) => {
    const isCopied = page < 200 ? page !== 100 && page !== 101 : page % 2 === 1;
    const expected = isCopied ? 1 + (page % 250) : 0;
    return copied[page * PAGE_BYTES] !== expected || copied[(page + 1) * PAGE_BYTES - 1] !== expected;
  });
  t.deepEqual(wrong, []);
});

function pagemapEntries(flags: readonly number[]): Uint32Array {
  return Uint32Array.from(flags.flatMap((flag) => [0x1234, flag]));
}
