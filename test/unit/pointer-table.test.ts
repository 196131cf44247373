import test from 'ava';
import { PointerTable } from '../../src/trace/pointer-table.js';

const CHUNK = 0x7f12_0020_0000;

test('a block that was put in is found with all that was said of it', (t) => {
  const table = new PointerTable();
  t.false(table.insert(CHUNK, 320, 7, 4_000_000_000, 0xffff_fffe));
  t.true(table.get(CHUNK));
  t.deepEqual(table.found, { sizeBytes: 320, site: 7, path: 4_000_000_000, birth: 0xffff_fffe });
  t.is(table.size, 1);
});

test('a huge block keeps its size', (t) => {
  const table = new PointerTable();
  table.insert(CHUNK, 8 * 1024 ** 3, 1, 2, 3);
  t.true(table.get(CHUNK));
  t.is(table.found.sizeBytes, 8 * 1024 ** 3);
});

test('a block is taken once', (t) => {
  const table = new PointerTable();
  table.insert(CHUNK, 56, 1, 2, 3);
  t.true(table.take(CHUNK));
  t.is(table.found.sizeBytes, 56);
  t.false(table.take(CHUNK));
  t.false(table.get(CHUNK));
  t.is(table.size, 0);
});

test('an address that is handed out again replaces its block and tells the old one', (t) => {
  const table = new PointerTable();
  table.insert(CHUNK, 56, 1, 2, 3);
  t.true(table.insert(CHUNK, 64, 4, 5, 6));
  t.deepEqual(table.found, { sizeBytes: 56, site: 1, path: 2, birth: 3 });
  t.true(table.get(CHUNK));
  t.deepEqual(table.found, { sizeBytes: 64, site: 4, path: 5, birth: 6 });
  t.is(table.size, 1);
});

test('no block lives at the null address', (t) => {
  const table = new PointerTable();
  t.false(table.get(0));
  t.false(table.take(0));
});

test('addresses that differ only above 32 bits are different blocks', (t) => {
  const table = new PointerTable();
  for (let high = 1; high <= 1000; high++) table.insert(high * 2 ** 32 + 64, 8 * high, high, 0, 0);
  for (let high = 1; high <= 1000; high++) {
    t.true(table.take(high * 2 ** 32 + 64));
    t.is(table.found.site, high);
  }
});

test('a million random births and deaths agree with a Map', (t) => {
  const table = new PointerTable(8);
  const model = new Map<number, number>();
  const random = generator(42);
  for (let i = 0; i < 1_000_000; i++) {
    // 24-byte blocks of a few chunks, so that neighbours collide, wrap around and are shifted back.
    const address = CHUNK + (random() % 4) * 2 ** 21 + (random() % 3000) * 24;
    if (random() % 2 === 0) {
      if (table.insert(address, 24, i, 0, 0) !== model.has(address)) t.fail(`insert ${i}`);
      model.set(address, i);
    } else {
      const taken = table.take(address);
      if (taken !== model.has(address) || (taken && table.found.site !== model.get(address))) t.fail(`take ${i}`);
      model.delete(address);
    }
    if (table.size !== model.size) t.fail(`size after ${i}`);
  }
  const seen = new Map<number, number>();
  table.forEach((address, _sizeBytes, site) => seen.set(address, site));
  t.deepEqual(
    [...seen].sort(([a], [b]) => a - b),
    [...model].sort(([a], [b]) => a - b),
  );
});

test('a live block costs at most 64 bytes, however many there are', (t) => {
  const table = new PointerTable();
  for (let i = 1; i <= 1_700_000; i++) {
    table.insert(CHUNK + i * 56, 56, 1, 2, 3);
    if (i > 3072 && table.bytes() > 64 * i) t.fail(`${table.bytes()} bytes for ${i} blocks`);
  }
  t.is(table.size, 1_700_000);
});

test('after clear nothing is found and everything can be put in again', (t) => {
  const table = new PointerTable();
  for (let i = 0; i < 10_000; i++) table.insert(CHUNK + i * 8, 8, i, 0, 0);
  table.clear();
  t.is(table.size, 0);
  t.false(table.get(CHUNK));
  t.false(table.insert(CHUNK, 8, 1, 0, 0));
});

/** Numerical Recipes' linear congruential generator, its better upper bits. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
