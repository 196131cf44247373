import test from 'ava';
import koffi from 'koffi';
import { countOwnMemory, ownRanges, rest } from '../../src/php/own-memory.js';
import { PAGE_BYTES } from '../../src/native/page.js';
import { Pagemap } from '../../src/php/pagemap.js';

// This process looks at memory of its own: that needs no rights.

test('pieces are taken out of pieces, in whatever order and however they overlap', (t) => {
  const whole = [piece(10, 20), piece(30, 40), piece(50, 60)];
  t.deepEqual(rest(whole, []), whole);
  t.deepEqual(rest(whole, [piece(0, 100)]), []);
  t.deepEqual(rest(whole, [piece(35, 55), piece(12, 14), piece(13, 16)]), [
    piece(10, 12),
    piece(16, 20),
    piece(30, 35),
    piece(55, 60),
  ]);
  t.deepEqual(rest(whole, [piece(20, 30), piece(40, 50)]), whole);
  t.deepEqual(rest(whole, [piece(5, 45), piece(11, 12), piece(58, 70)]), [piece(50, 58)]);
  t.deepEqual(rest(whole, [piece(10, 20), piece(10, 20)]), [piece(30, 40), piece(50, 60)]);
});

test('pages that exist count, and where they are left out they do not', (t) => {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func('intptr_t mmap(intptr_t address, size_t length, int prot, int flags, int fd, long offset)');
  const address = Number(mmap(0, 256 * PAGE_BYTES, 3, 0x22, -1, 0));
  const view = new Uint8Array(koffi.view(address, 256 * PAGE_BYTES));
  for (let page = 0; page < 100; page++) view[page * PAGE_BYTES] = 1;
  const at = (page: number): number => address + page * PAGE_BYTES;
  const here = piece(at(0), at(256));
  t.true(ownRanges(process.pid).some(({ start, end }) => start <= here.start && end >= here.end));
  const pagemap = new Pagemap(process.pid);
  t.deepEqual(countOwnMemory(pagemap, [here], []), {
    residentBytes: 100 * PAGE_BYTES,
    mappedBytes: 256 * PAGE_BYTES,
  });
  t.deepEqual(countOwnMemory(pagemap, [here], [piece(at(90), at(200)), piece(at(0), at(10))]), {
    residentBytes: 80 * PAGE_BYTES,
    mappedBytes: 136 * PAGE_BYTES,
  });
  pagemap.close();
});

function piece(start: number, end: number): { start: number; end: number } {
  return { start, end };
}
