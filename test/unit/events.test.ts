import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { EVENT, EVENT_BYTES, decodeEvent } from '../../src/trace/events.js';
import { SinkLog } from '../fixtures/events/sink-log.js';

/** Above the middle of a process's address space: bits 46 and 31 are set. */
const BLOCK = 0x7fff_f7e5_4a00;
const GIB = 1024 ** 3;

test('an allocation has its address, bytes, site and hook, and no path', (t) => {
  t.deepEqual(
    decode(
      record(EVENT.alloc, BLOCK, 3)
        .u32(8, 320 / 8)
        .u32(12, 65535),
    ),
    [['alloc', BLOCK, 320, 65535, 0, 3]],
  );
});

test('an allocation with a call path has its number', (t) => {
  const event = record(EVENT.allocPath, BLOCK, 1).u32(8, 7).u32(12, 21).u32(16, 4_000_000_000);
  t.deepEqual(decode(event), [['alloc', BLOCK, 56, 21, 4_000_000_000, 1]]);
});

test('a free has its address, bytes, site and hook', (t) => {
  t.deepEqual(
    decode(
      record(EVENT.free, BLOCK, 0)
        .u32(8, 3072 / 8)
        .u32(12, 5),
    ),
    [['free', BLOCK, 3072, 5, 0]],
  );
});

test('a reallocation has the old block and the new one', (t) => {
  const moved = BLOCK - 0x1_0000_0000;
  const event = record(EVENT.realloc, BLOCK, 4).u64(8, moved).u32(16, 1).u32(20, 2).u32(24, 9).u32(28, 12);
  t.deepEqual(decode(event), [['realloc', BLOCK, 8, moved, 16, 9, 12, 4]]);
});

test('sizes reach 8 GiB and more', (t) => {
  t.deepEqual(decode(record(EVENT.alloc, BLOCK, 0).u32(8, (8 * GIB) / 8)), [['alloc', BLOCK, 8 * GIB, 0, 0, 0]]);
  t.deepEqual(decode(record(EVENT.free, BLOCK, 0).u32(8, (24 * GIB) / 8)), [['free', BLOCK, 24 * GIB, 0, 0]]);
  const grown = record(EVENT.realloc, BLOCK, 0)
    .u64(8, BLOCK)
    .u32(16, (8 * GIB) / 8)
    .u32(20, (16 * GIB) / 8);
  t.deepEqual(decode(grown), [['realloc', BLOCK, 8 * GIB, BLOCK, 16 * GIB, 0, 0, 0]]);
});

test('a loop has its hook, counted from 0, heap size, frame and time', (t) => {
  const uptimeNs = 90 * 86_400 * 1e9;
  const event = record(EVENT.loop, BLOCK, 1)
    .u64(8, 5 * GIB)
    .u64(16, uptimeNs)
    .u32(24, 7)
    .u32(28, 6);
  t.deepEqual(decode(event), [['loop', 0, 5 * GIB, BLOCK, uptimeNs, 7, 6]]);
  t.deepEqual(decode(record(EVENT.loop, BLOCK, 4)), [['loop', 3, 0, BLOCK, 0, 0, 0]]);
});

test('a reset of the heap is told', (t) => {
  t.deepEqual(decode(record(EVENT.reset, 0, 0).u64(8, 5 * GIB)), [['reset']]);
});

test('a site has the names that the kernel copied', (t) => {
  const event = record(EVENT.site, BLOCK, 0)
    .u64(8, BLOCK + 64)
    .u32(16, 9)
    .u32(20, 77)
    .u32(24, 70);
  event.name(28, 40, '/app/Größe.php').name(32, 552, 'handle').name(36, 680, 'App\\Worker');
  t.deepEqual(decode(event), [
    [
      'site',
      {
        site: 9,
        func: BLOCK + 64,
        opline: BLOCK,
        file: '/app/Größe.php',
        line: 77,
        lineStart: 70,
        function: 'handle',
        className: 'App\\Worker',
        cut: false,
      },
    ],
  ]);
});

test('a name that is not there is null, one that is empty is not', (t) => {
  const event = record(EVENT.site, BLOCK, 0).u32(16, 9).name(32, 552, '');
  t.like(decode(event)[0]?.[1], { file: null, function: '', className: null });
});

test('a name that fills its field is cut', (t) => {
  const site = (): Fields => record(EVENT.site, BLOCK, 0);
  const cut = (event: Fields): unknown => (decode(event)[0]?.[1] as { cut: boolean }).cut;
  t.true(cut(site().name(28, 40, 'f'.repeat(511))));
  t.true(cut(site().name(32, 552, 'f'.repeat(127))));
  t.true(cut(site().name(36, 680, 'f'.repeat(127))));
  t.false(cut(site().name(28, 40, 'f'.repeat(510)).name(32, 552, 'f'.repeat(126)).name(36, 680, 'f'.repeat(126))));
});

test('old bytes behind a shorter name are no part of it', (t) => {
  const event = record(EVENT.site, BLOCK, 0).name(28, 40, '/app/a-longer-name.php').name(28, 40, '/app/a.php');
  t.like(decode(event)[0]?.[1], { file: '/app/a.php' });
});

test('a path has its sites, innermost first, and says whether outer ones are missing', (t) => {
  const event = (truncated: number): Fields =>
    record(EVENT.path, 0, 0).u32(8, 6).u32(12, 3).u32(16, truncated).u32(24, 40_000).u32(28, 2).u32(32, 3).u32(36, 4);
  t.deepEqual(decode(event(0)), [['path', 6, [40_000, 2, 3], false]]);
  t.deepEqual(decode(event(1)), [['path', 6, [40_000, 2, 3], true]]);
});

test('a path has no more than 64 frames, whatever it says', (t) => {
  const log = new SinkLog();
  const ring = new Int32Array(2048);
  ring.set(new Int32Array(record(EVENT.path, 0, 0).u32(8, 6).u32(12, 1000).buffer));
  decodeEvent(ring, 0, EVENT_BYTES.path, log);
  t.is((log.calls[0]?.[2] as number[]).length, 64);
});

test('a change of the process is told by its name', (t) => {
  const changes = [1, 2, 3].flatMap((change) => decode(record(EVENT.process, 0, 0).u32(8, change)));
  t.deepEqual(changes, [
    ['process', 'fork'],
    ['process', 'exec'],
    ['process', 'exit'],
  ]);
});

test('a record is decoded where it lies in the ring', (t) => {
  const log = new SinkLog();
  const ring = new Int32Array(64).fill(-1);
  ring.set(new Int32Array(record(EVENT.alloc, BLOCK, 2).u32(8, 2).u32(12, 3).buffer), 10);
  decodeEvent(ring, 10, 16, log);
  t.deepEqual(log.calls, [['alloc', BLOCK, 16, 3, 0, 2]]);
});

for (const kind of [0, 13, 255]) {
  test(`a record of kind ${kind} is refused, with what to do`, (t) => {
    const error = t.throws(() => decode(record(kind, BLOCK, 1)), { instanceOf: PhptraceError });
    t.regex(error.message, new RegExp(`kind ${kind}, \\d+ bytes.*make build`));
  });
}

function decode(event: Fields): unknown[][] {
  const log = new SinkLog();
  decodeEvent(new Int32Array(event.buffer), 0, event.bytes, log);
  return log.calls;
}

function record(kind: number, address: number, hook: number): Fields {
  const name = Object.entries(EVENT).find(([, number]) => number === kind)?.[0];
  // A reset is a loop's record; kinds that do not exist have any length.
  const bytes = EVENT_BYTES[(name === 'reset' ? 'loop' : name) as keyof typeof EVENT_BYTES] ?? 16;
  return new Fields(bytes).u64(0, address).u32(4, Math.floor(address / 2 ** 32) | (kind << 16) | (hook << 24));
}

/** A record as probes/events.h lays it out, filled field by field. */
class Fields {
  readonly buffer: ArrayBuffer;
  private readonly view: DataView;

  constructor(readonly bytes: number) {
    this.buffer = new ArrayBuffer(bytes);
    this.view = new DataView(this.buffer);
  }

  u32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true);
    return this;
  }

  u64(offset: number, value: number): this {
    this.view.setBigUint64(offset, BigInt(value), true);
    return this;
  }

  /** The length counts the closing NUL. */
  name(lengthAt: number, offset: number, text: string): this {
    const bytes = Buffer.from(`${text}\0`);
    new Uint8Array(this.buffer).set(bytes, offset);
    return this.u32(lengthAt, bytes.length);
  }
}
