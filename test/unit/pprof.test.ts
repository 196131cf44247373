import { Buffer } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { Profile } from 'pprof-format';
import { renderPprof } from '../../src/report/pprof.js';
import type { PprofSample } from '../../src/report/pprof.js';

const SAMPLES: readonly PprofSample[] = [
  {
    stack: [{ name: 'string' }, { name: "[*]['body']" }, { name: 'static AuditTrail::$entries' }],
    count: 4712,
    // Above 2^32.
    bytes: 5_000_000_000,
  },
  {
    stack: [{ name: 'App\\User' }, { name: 'static AuditTrail::$entries' }],
    count: 1,
    bytes: 72,
  },
  {
    stack: [
      { name: 'App\\load', file: '/srv/löad.php', line: 12 },
      { name: 'main', file: '/srv/löad.php', line: 300 },
      { name: 'main', file: '/srv/löad.php', line: 301 },
    ],
    count: 2,
    bytes: 640,
  },
];
const TAKEN_AT = new Date('2026-03-01T12:00:00.123Z');

test('a profile says for each stack how many blocks live and their bytes', (t) => {
  const profile = Profile.decode(gunzipSync(renderPprof(SAMPLES, TAKEN_AT)));
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)]!;
  t.deepEqual(
    profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]),
    [
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
  );
  t.is(text(profile.defaultSampleType), 'inuse_space');
  t.is(BigInt(profile.timeNanos), BigInt(TAKEN_AT.getTime()) * 1_000_000n);
  const stacks = profile.sample.map((sample) => ({
    stack: sample.locationId.map((id) => {
      const { functionId, line } = profile.location.find((location) => location.id === id)!.line[0]!;
      const called = profile.function.find((candidate) => candidate.id === functionId)!;
      return { name: text(called.name), file: text(called.filename), line: Number(line) };
    }),
    count: Number(sample.value[0]),
    bytes: Number(sample.value[1]),
  }));
  t.deepEqual(
    stacks,
    SAMPLES.map((sample) => ({
      ...sample,
      stack: sample.stack.map(({ name, file = '', line = 0 }) => ({ name, file, line })),
    })),
  );
});

test('equal frames are one location, equal functions one function', (t) => {
  const profile = Profile.decode(gunzipSync(renderPprof([...SAMPLES, ...SAMPLES], TAKEN_AT)));
  t.is(profile.location.length, 7);
  t.is(profile.function.length, 6);
});

test('the bytes are those of profile.proto, read without the library', (t) => {
  const fields = wireFields(gunzipSync(renderPprof(SAMPLES, TAKEN_AT)));
  const strings = fields.filter(({ field }) => field === 6).map(({ bytes }) => bytes!.toString());
  t.is(strings[0], '');
  t.true(strings.includes('/srv/löad.php'));
  t.is(fields.filter(({ field }) => field === 2).length, SAMPLES.length);
  const sample = wireFields(fields.find(({ field }) => field === 2)!.bytes!);
  t.deepEqual(numbersOf(sample, 2), [4712n, 5_000_000_000n]);
  const ids = fields.filter(({ field }) => field === 4).map(({ bytes }) => numbersOf(wireFields(bytes!), 1)[0]);
  t.true(numbersOf(sample, 1).every((id) => ids.includes(id)));
  t.is(fields.find(({ field }) => field === 9)?.number, BigInt(TAKEN_AT.getTime()) * 1_000_000n);
  t.is(strings[Number(fields.find(({ field }) => field === 14)?.number)], 'inuse_space');
});

test('no samples make an empty profile', (t) => {
  t.is(Profile.decode(gunzipSync(renderPprof([], TAKEN_AT))).sample.length, 0);
});

interface Field {
  field: number;
  number?: bigint;
  bytes?: Buffer;
}

/** Protobuf's wire format: varints and length-delimited fields, which is all that profile.proto has. */
function wireFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const [field, type] = [key >>> 3, key & 7];
    if (type === 0) {
      fields.push({ field, number: varint() });
    } else if (type === 2) {
      const length = Number(varint());
      fields.push({ field, bytes: Buffer.from(bytes.subarray(at, at + length)) });
      at += length;
    } else {
      throw new Error(`wire type ${type} of field ${field}`);
    }
  }
  return fields;
}

/** A repeated number, packed or not. */
function numbersOf(fields: readonly Field[], wanted: number): bigint[] {
  return fields
    .filter(({ field }) => field === wanted)
    .flatMap(({ number, bytes }) => (number === undefined ? packed(bytes!) : [number]));
}

function packed(bytes: Buffer): bigint[] {
  const values: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, shift] = [0n, 0n];
  }
  return values;
}
