import test from 'ava';
import { RingReader } from '../../src/bpf/ring.js';

/** Limits of 32-bit arithmetic that positions pass within minutes. */
const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

test('records are handed over in order, with their length', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(11, 12));
  ring.write(words(21, 22, 23, 24));
  t.deepEqual(ring.read(), [words(11, 12), words(21, 22, 23, 24)]);
});

test('an empty ring gives nothing and is not written to', (t) => {
  const ring = new SimulatedRing(4096, 640);
  ring.memory.consumer[0] = 640n;
  t.deepEqual(ring.read(), []);
  t.is(ring.memory.consumer[0], 640n);
});

test('a length that is no multiple of 8 is padded, as the kernel pads it', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 2, 3));
  ring.write(words(4, 5));
  t.is(ring.produced, 8 + 16 + 8 + 8);
  t.deepEqual(ring.read(), [words(1, 2, 3), words(4, 5)]);
});

test('a record that runs over the end is read in one piece from the second mapping', (t) => {
  const ring = new SimulatedRing(64, 48);
  ring.write(words(1, 2, 3, 4));
  t.deepEqual(ring.read(), [words(1, 2, 3, 4)]);
});

test('the ring is read round and round', (t) => {
  const ring = new SimulatedRing(4096);
  for (let turn = 0; turn < 1000; turn++) {
    const record = words(...Array.from({ length: 2 * (1 + (turn % 7)) }, (_, index) => 100 * turn + index));
    ring.write(record);
    if (turn % 3 === 0) ring.write(words(turn, turn));
    t.deepEqual(ring.read(), turn % 3 === 0 ? [record, words(turn, turn)] : [record]);
  }
  t.true(ring.produced > 8 * 4096);
});

test('a record that is still being written ends the reading until it is done', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 1));
  const busy = ring.write(words(2, 2), { busy: true });
  ring.write(words(3, 3));
  t.deepEqual(ring.read(), [words(1, 1)]);
  t.is(ring.memory.consumer[0], BigInt(busy));
  t.deepEqual(ring.read(), []);
  ring.commit(busy);
  t.deepEqual(ring.read(), [words(2, 2), words(3, 3)]);
});

test('a discarded record is passed over and not counted', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 1));
  ring.write(words(...new Array<number>(70).fill(9)), { discarded: true });
  ring.write(words(2, 2));
  t.deepEqual(ring.read(2), [words(1, 1), words(2, 2)]);
});

test('discarded records alone free their space', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 1), { discarded: true });
  ring.write(words(1, 1), { discarded: true });
  t.deepEqual(ring.read(), []);
  t.is(ring.memory.consumer[0], BigInt(ring.produced));
});

test('no more than the limit is read at once, the rest the next time', (t) => {
  const ring = new SimulatedRing(4096);
  for (let record = 0; record < 5; record++) ring.write(words(record, record));
  t.deepEqual(ring.read(2), [words(0, 0), words(1, 1)]);
  t.is(ring.memory.consumer[0], 32n);
  t.is(ring.reader.backlogBytes(), 3 * 16);
  t.deepEqual(ring.read(100), [words(2, 2), words(3, 3), words(4, 4)]);
  t.is(ring.reader.backlogBytes(), 0);
});

test('how far the reader is stands in the consumer position when it returns', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 2));
  ring.write(words(1, 2, 3, 4));
  ring.read();
  t.is(ring.memory.consumer[0], BigInt(ring.produced));
});

for (const [name, limit] of Object.entries({ '2^31': TWO_31, '2^32': TWO_32, '2^40': 2 ** 40 })) {
  test(`positions pass ${name}`, (t) => {
    const ring = new SimulatedRing(4096, limit - 24);
    ring.memory.consumer[0] = BigInt(limit - 24);
    const reader = new RingReader(ring.memory);
    const seen: number[] = [];
    for (let record = 0; record < 600; record++) {
      ring.write(words(record, 7, 7, 7));
      reader.read((data, at) => seen.push(data[at] ?? -1), 10);
      t.is(ring.memory.consumer[0], BigInt(limit - 24 + 24 * (record + 1)));
    }
    t.deepEqual(seen, [...new Array<number>(600).keys()]);
    t.is(reader.backlogBytes(), 0);
  });
}

test('a reader takes up where the consumer position stands', (t) => {
  const ring = new SimulatedRing(4096);
  ring.write(words(1, 1));
  ring.write(words(2, 2));
  ring.memory.consumer[0] = 16n;
  const seen: Int32Array[] = [];
  new RingReader(ring.memory).read((data, at, bytes) => seen.push(data.slice(at, at + bytes / 4)), 10);
  t.deepEqual(seen, [words(2, 2)]);
});

function words(...values: number[]): Int32Array {
  return Int32Array.from(values);
}

/** A ring as the kernel fills it (kernel/bpf/ringbuf.c), its data mapped twice in a row. */
class SimulatedRing {
  readonly memory;
  readonly reader: RingReader;
  produced: number;

  constructor(sizeBytes: number, position = 0) {
    this.produced = position;
    this.memory = {
      consumer: BigUint64Array.of(BigInt(position)),
      producer: BigUint64Array.of(BigInt(position)),
      data: new Int32Array((2 * sizeBytes) / 4),
      sizeBytes,
    };
    this.reader = new RingReader(this.memory);
  }

  /** Returns the record's position. */
  write(payload: Int32Array, { busy = false, discarded = false } = {}): number {
    const position = this.produced;
    const flags = (busy ? 0x80000000 : 0) | (discarded ? 0x40000000 : 0);
    // The second word is the page offset, which only the kernel uses.
    [payload.byteLength | flags, -1, ...payload].forEach((word, index) => {
      this.store(position + 4 * index, word);
    });
    this.produced += (8 + payload.byteLength + 7) & ~7;
    this.memory.producer[0] = BigInt(this.produced);
    return position;
  }

  commit(position: number): void {
    const { data, sizeBytes } = this.memory;
    this.store(position, (data[(position % sizeBytes) / 4] ?? 0) & 0x7fffffff);
  }

  read(limit = 1000): Int32Array[] {
    const records: Int32Array[] = [];
    this.reader.read((data, at, bytes) => records.push(data.slice(at, at + bytes / 4)), limit);
    return records;
  }

  private store(position: number, word: number): void {
    const { data, sizeBytes } = this.memory;
    const at = (position % sizeBytes) / 4;
    data[at] = word;
    data[at + sizeBytes / 4] = word;
  }
}
