import { RingReader } from '../../src/bpf/ring.js';
import type { RingMemory } from '../../src/bpf/ring.js';
import { decodeEvent } from '../../src/trace/events.js';
import type { EventSink } from '../../src/trace/events.js';
import { Ledger } from '../../src/trace/ledger.js';
import { SiteRegistry } from '../../src/trace/site-registry.js';
import { fillRing } from '../simulated-ring.js';

const RING_BYTES = 64 * 1024 * 1024;
/** As the session reads: so many records, then Node's event loop has its turn. */
const BATCH = 200_000;
/** The first of them warms the compiler up and is not counted. */
const ROUNDS = 6;

/** Prints the events that one pass through the ring has, and how long it took to decode and book or only to add up. */
export interface DecodeRate {
  readonly events: number;
  readonly bookedNs: readonly number[];
  readonly summedNs: readonly number[];
  readonly liveBlocks: number;
}

const memory: RingMemory = {
  consumer: new BigUint64Array(1),
  producer: new BigUint64Array(1),
  data: new Int32Array((2 * RING_BYTES) / 4),
  sizeBytes: RING_BYTES,
};
const { events, liveBlocks, names } = fillRing(memory);
const reader = new RingReader(memory);
const ledger = new Ledger({ emit: () => {}, hooks: 1, onSurvivor: (site) => registry.want(site) });
const registry = new SiteRegistry(
  () => {},
  () => {},
);
for (const named of names) registry.name(named);

/** The session's way from a record to the table, without the process. */
const sink: EventSink = {
  alloc: (address, size, site, path, hook) =>
    ledger.alloc(address, size, registry.site(site), registry.path(path), hook),
  free: (address, size, site, hook) => ledger.free(address, size, registry.site(site), hook),
  realloc: (oldAddress, oldSize, address, size, site, path, hook) =>
    ledger.realloc(oldAddress, oldSize, address, size, registry.site(site), registry.path(path), hook),
  loop: (hook, heapSize, _frame, timeNs, number, over) => ledger.boundary(hook, heapSize, timeNs, number, over),
  context: (hook, number) => ledger.context(hook, number),
  over: (hook, number) => ledger.over(hook, number),
  insert: () => {},
  reset: () => ledger.reset(0),
  site: (named) => registry.name(named),
  path: (path, sites, truncated) => registry.namePath(path, sites, truncated),
  process: () => {},
};
const book = (words: Int32Array, at: number, lengthBytes: number): void => decodeEvent(words, at, lengthBytes, sink);
let sum = 0;
const addUp = (words: Int32Array, at: number): void => {
  sum += words[at + 2] ?? 0;
};

const [bookedNs, summedNs]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  bookedNs.push(pass(book));
  summedNs.push(pass(addUp));
}
const { unknownFrees, missedFrees } = ledger.counters;
if (unknownFrees + missedFrees > 0 || !(sum > 0)) throw new Error('the simulated records do not add up');
const result: DecodeRate = { events, bookedNs: bookedNs.slice(1), summedNs: summedNs.slice(1), liveBlocks };
console.log(JSON.stringify(result));

/** Has the ring full once more and reads it. Returns ns. */
function pass(take: (words: Int32Array, at: number, lengthBytes: number) => void): number {
  memory.producer[0] = (memory.producer[0] ?? 0n) + BigInt(RING_BYTES);
  const begun = process.hrtime.bigint();
  while (reader.read(take, BATCH) > 0);
  return Number(process.hrtime.bigint() - begun);
}
