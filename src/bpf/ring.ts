import { mapShared } from '../native/libc.js';
import type { Mapping } from '../native/libc.js';
import { PAGE_BYTES } from '../native/page.js';

/** include/uapi/linux/bpf.h: bits of a record's length word, and the size of its header. */
const BUSY_BIT = 0x80000000;
const DISCARD_BIT = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
const HEADER_BYTES = 8;

/** Takes one record: words[at] is the first 32-bit word of its payload, which is `lengthBytes` long. */
export type RecordSink = (words: Int32Array, at: number, lengthBytes: number) => void;

/** What a ring's memory looks like, mapped or made by a test: the data twice in a row, so that no record wraps. */
export interface RingMemory {
  /** One u64, written by the reader. */
  readonly consumer: BigUint64Array;
  /** One u64, written by the kernel. */
  readonly producer: BigUint64Array;
  readonly data: Int32Array;
  readonly sizeBytes: number;
}

/**
 * Reads a BPF ring buffer (kernel/bpf/ringbuf.c) straight from its mapped memory: no copy, no system call and no
 * allocation a record; one store a batch tells the kernel how far we are.
 */
export class RingReader {
  private readonly mask: number;
  private position: number;

  constructor(private readonly memory: RingMemory) {
    this.mask = memory.sizeBytes - 1;
    this.position = Number(memory.consumer[0]);
  }

  /** Where the kernel will put its next record, in bytes since the ring was made. */
  get end(): number {
    return Number(Atomics.load(this.memory.producer, 0));
  }

  /** Hands the records that are ready to the sink, at most about `limit`, and none from `end` on. Returns how many. */
  read(sink: RecordSink, limit: number, end = this.end): number {
    const { data, mask } = { data: this.memory.data, mask: this.mask };
    let position = this.position;
    let count = 0;
    while (position < end && count < limit) {
      const at = (position & mask) >>> 2;
      const header = Atomics.load(data, at);
      if ((header & BUSY_BIT) !== 0) break;
      const lengthBytes = header & LENGTH_MASK;
      if ((header & DISCARD_BIT) === 0) {
        sink(data, at + (HEADER_BYTES >>> 2), lengthBytes);
        count++;
      }
      position += (lengthBytes + HEADER_BYTES + 7) & ~7;
    }
    if (position !== this.position) {
      this.position = position;
      Atomics.store(this.memory.consumer, 0, BigInt(position));
    }
    return count;
  }

  /** Bytes that wait to be read. */
  backlogBytes(): number {
    return this.end - this.position;
  }
}

/** Maps the ring of a map. @throws SystemCallError */
export function mapRing(mapFd: number, sizeBytes: number): { reader: RingReader; close(): void } {
  const mappings: Mapping[] = [];
  mappings.push(mapShared(mapFd, PAGE_BYTES, 0, true));
  mappings.push(mapShared(mapFd, PAGE_BYTES + 2 * sizeBytes, PAGE_BYTES, false));
  const [consumer, rest] = mappings as [Mapping, Mapping];
  const reader = new RingReader({
    consumer: new BigUint64Array(consumer.buffer, 0, 1),
    producer: new BigUint64Array(rest.buffer, 0, 1),
    data: new Int32Array(rest.buffer, PAGE_BYTES),
    sizeBytes,
  });
  return {
    reader,
    close() {
      for (const mapping of mappings) mapping.unmap();
    },
  };
}
