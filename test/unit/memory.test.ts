import test from 'ava';
import { constants } from 'node:os';
import koffi from 'koffi';
import { PhptraceError } from '../../src/errors.js';
import { SystemCallError, errnoName } from '../../src/native/libc.js';
import { ProcessMemory, UnreadableMemory, pointerAt } from '../../src/php/memory.js';

/** This process reads its own memory: that needs no rights. */
const memory = new ProcessMemory(process.pid);

test('words, half words and bytes are read as they lie in memory', (t) => {
  const { address } = stored(Uint8Array.of(0x78, 0x56, 0x34, 0x12, 0xff, 0x7f, 0, 0, 0xab));
  t.is(memory.pointer(address), 0x7fff_1234_5678);
  t.is(memory.uint32(address), 0x1234_5678);
  t.is(memory.uint32(address + 4), 0x7fff);
  t.is(memory.uint8(address + 8), 0xab);
});

test('a word with its highest bits set is read without a sign', (t) => {
  const { address } = stored(new Uint8Array(8).fill(0xff));
  t.is(memory.uint32(address), 0xffff_ffff);
  t.is(memory.pointer(address), 2 ** 64);
});

test('a stretch of memory is read whole, and is a copy', (t) => {
  const { address, bytes } = stored(Uint8Array.from({ length: 300_000 }, (_, index) => index % 251));
  const view = memory.read(address, bytes.length);
  bytes.fill(0);
  t.is(view.byteLength, 300_000);
  t.true(Array.from({ length: 300_000 }, (_, index) => view.getUint8(index) === index % 251).every(Boolean));
});

test('nothing is read of nothing', (t) => {
  t.is(memory.read(stored(new Uint8Array(8)).address, 0).byteLength, 0);
});

test('what was read stays when more is read', (t) => {
  const [one, two] = [stored(Uint8Array.of(1, 2, 3, 4)), stored(Uint8Array.of(5, 6, 7, 8))];
  const first = memory.read(one.address, 4);
  memory.read(two.address, 4);
  t.is(first.getUint8(0), 1);
});

test('an address where nothing is mapped is told', (t) => {
  const error = t.throws(() => memory.pointer(0x10), { instanceOf: UnreadableMemory });
  t.is(error.address, 0x10);
  t.is(error.message, `cannot read memory of process ${process.pid} at 0x10: nothing is mapped there`);
});

test('an address of the kernel is one where nothing is mapped', (t) => {
  t.throws(() => memory.uint8(0x7fff_ffff_f000), { instanceOf: UnreadableMemory });
});

test('a stretch that runs out of what is mapped is refused, not filled up', (t) => {
  const page = 4096;
  const mapped = mapPageBeforeGap();
  t.is(memory.read(mapped + page - 16, 16).byteLength, 16);
  t.throws(() => memory.read(mapped + page - 16, 24), { instanceOf: UnreadableMemory });
});

test('a process that has gone is told', (t) => {
  const error = t.throws(() => new ProcessMemory(2 ** 30).pointer(0x1000), { instanceOf: PhptraceError });
  t.regex(error.message, new RegExp(`^process ${2 ** 30} has (gone|ended)`));
});

test('a pointer is found at any offset of what was read', (t) => {
  const view = new DataView(new ArrayBuffer(24));
  view.setBigUint64(11, 0x7f12_3456_789an, true);
  t.is(pointerAt(view, 11), 0x7f12_3456_789a);
});

test('errors are told by the names that errno(3) has', (t) => {
  t.is(errnoName(constants.errno.ENOSPC), 'ENOSPC');
  t.is(errnoName(9999), 'errno 9999');
  const error = new SystemCallError('mmap', constants.errno.EPERM);
  t.is(error.message, 'mmap failed: EPERM');
  t.is(error.errnoName, 'EPERM');
});

/** Bytes at an address that stays: the array is kept by what is returned and by `held`. */
function stored(bytes: Uint8Array<ArrayBuffer>): { address: number; bytes: Uint8Array } {
  held.push(bytes);
  return { address: Number(koffi.address(bytes.buffer)), bytes };
}

const held: Uint8Array[] = [];

/** Maps two pages and gives the second back, so that memory ends after the first. */
function mapPageBeforeGap(): number {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func(
    'intptr_t mmap(intptr_t address, size_t length, int protection, int flags, int fd, long offset)',
  );
  const munmap = libc.func('int munmap(intptr_t address, size_t length)');
  const readAndWrite = 3;
  const privateAndAnonymous = 0x22;
  const address = Number(mmap(0, 8192, readAndWrite, privateAndAnonymous, -1, 0));
  munmap(address + 4096, 4096);
  return address;
}
