import type { RingMemory } from '../src/bpf/ring.js';
import { EVENT, SITE_NO_FRAME } from '../src/trace/events.js';
import type { SiteNamed } from '../src/trace/events.js';

const SITES = 500;
/** PHP's most frequent sizes: arrays, strings, objects. */
const SIZES = [56, 32, 320, 40, 64, 24, 128, 16];
const EVENTS_A_LOOP = 2000;
/** Blocks that stay for the whole of the ring: a program's classes, configuration and caches. */
const LASTING_BLOCKS = 100_000;
const CHUNK = 0x7f00_0020_0000;
/** include/uapi/linux/bpf.h: a record that its program gave up. */
const DISCARD_BIT = 0x40000000;
const HEADER_BYTES = 8;

export interface SimulatedRing {
  /** Records in the ring, boundaries among them. */
  readonly events: number;
  /** Live blocks at most. */
  readonly liveBlocks: number;
  /** Names for the sites that the records use. */
  readonly names: readonly SiteNamed[];
}

/**
 * Fills a ring, to its last byte, with what a program of many lines sends: loops of short-lived blocks, some of which
 * are freed in the next loop, above many blocks that last. At the ring's end all blocks are freed, so that it can be
 * read again and again. The data is written as the kernel maps it, twice.
 */
export function fillRing(memory: RingMemory): SimulatedRing {
  const writer = new Writer(memory);
  const program = new Program(writer);
  while (program.live.length < LASTING_BLOCKS) program.alloc();
  const lasting = program.live.splice(0);
  let most = 0;
  // What is still to be freed must find room: a free is 24 bytes, a loop's beginning 40.
  while (writer.left > (lasting.length + program.live.length + EVENTS_A_LOOP) * 24 + 40) {
    writer.loop();
    for (let i = 0; i < EVENTS_A_LOOP / 2; i++) {
      program.alloc();
      // Mostly the newest goes first, as temporaries do; the rest is left to the next loop.
      if (program.random() < 0.7) program.free(program.live.length - 1);
      else program.free(0);
    }
    for (let i = 0; i < 20; i++) program.alloc();
    most = Math.max(most, lasting.length + program.live.length);
    while (program.live.length > 20) program.free(0);
  }
  program.live.push(...lasting);
  while (program.live.length > 0) program.free(program.live.length - 1);
  writer.close();
  return { events: writer.events, liveBlocks: most, names: siteNames() };
}

interface Block {
  readonly address: number;
  readonly size: number;
}

/** Hands blocks out as Zend does: the one that was freed last, of its size, comes first. */
class Program {
  readonly live: Block[] = [];
  private readonly freed = SIZES.map((): Block[] => []);
  private next = CHUNK;
  private state = 1;

  constructor(private readonly writer: Writer) {}

  alloc(): void {
    const bin = Math.floor(this.random() ** 2 * SIZES.length);
    const size = SIZES[bin] ?? 16;
    let block = this.freed[bin]?.pop();
    if (!block) {
      block = { address: this.next, size };
      this.next += size;
    }
    this.live.push(block);
    this.writer.block(EVENT.alloc, block.address, size, this.site());
  }

  free(place: number): void {
    const block = place === 0 ? this.live.shift() : this.live.pop();
    if (!block) return;
    this.freed[SIZES.indexOf(block.size)]?.push(block);
    this.writer.block(EVENT.free, block.address, block.size, this.site());
  }

  /** Uniform in [0, 1), the same in each run: mulberry32. */
  random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  private site(): number {
    return SITE_NO_FRAME + 1 + Math.floor(this.random() * SITES);
  }
}

/** Puts records into the ring as the kernel does: a length, 4 bytes of its own, the payload. */
class Writer {
  events = 0;
  private at = 0;
  private loops = 0;

  constructor(private readonly memory: RingMemory) {}

  get left(): number {
    return this.memory.sizeBytes - this.at;
  }

  block(kind: number, address: number, size: number, site: number): void {
    this.record(kind, 1, address, [size / 8, site]);
  }

  loop(): void {
    this.record(EVENT.loop, 1, CHUNK, [0, 0, 0, 0, this.loops + 1, this.loops]);
    this.loops++;
  }

  /** The rest of the ring is a record that nobody reads; the second half is the first again. */
  close(): void {
    const { data, sizeBytes } = this.memory;
    if (this.left > 0) data[this.at / 4] = (this.left - HEADER_BYTES) | DISCARD_BIT;
    data.copyWithin(sizeBytes / 4, 0, sizeBytes / 4);
  }

  private record(kind: number, hook: number, address: number, rest: readonly number[]): void {
    const { data } = this.memory;
    const payload = [address % 2 ** 32, Math.floor(address / 2 ** 32) | (kind << 16) | (hook << 24), ...rest];
    data[this.at / 4] = payload.length * 4;
    payload.forEach((word, i) => {
      data[(this.at + HEADER_BYTES) / 4 + i] = word;
    });
    this.at += payload.length * 4 + HEADER_BYTES;
    this.events++;
  }
}

function siteNames(): SiteNamed[] {
  return Array.from({ length: SITES }, (_, i) => ({
    site: SITE_NO_FRAME + 1 + i,
    func: 0,
    opline: 0,
    file: `/srv/app/src/File${String(i % 50)}.php`,
    line: 10 + i,
    lineStart: 10,
    function: 'handle',
    className: 'App\\Service',
    cut: false,
  }));
}
