import { PhptraceError } from '../errors.js';
import type { EngineLayout } from '../php/engine-layout.js';
import type { HeapLayout } from '../php/heap-layout.js';
import type { Structures } from '../php/structures.js';

/** Bumped when an older reader would misread a saved image. */
export const IMAGE_SCHEMA = 1;

/** Among the symbols: a word that points to the table of autoloaders. It has no name of its own in any binary. */
export const AUTOLOAD_TABLE = 'spl_autoload_functions';

/** Among them in a thread-safe build: the table of the thread's structures of globals, by their numbers. */
export const THREAD_STRUCTURES = 'structures of the thread';

/** A range of the process's memory that was copied. */
export interface Segment {
  /** Multiples of 4096 all three; `offset` is where the copy lies in the image's buffer, bytes. */
  readonly address: number;
  readonly sizeBytes: number;
  readonly offset: number;
  /** A chunk of the Zend heap (2 MiB), one of its huge blocks, or any other memory. */
  readonly kind: 'chunk' | 'huge' | 'memory';
  /** As in /proc/<pid>/maps: a file, `[heap]`, `[stack]`, or empty. */
  readonly name: string;
}

/** What is known of an image besides its bytes: plain data, so that it can be saved with them. */
export interface ImageHeader {
  readonly schema: typeof IMAGE_SCHEMA;
  readonly pid: number;
  /** The pid that it has for itself, where that is another: in a container. */
  readonly innerPid?: number;
  readonly php: string;
  readonly sapi: string;
  readonly buildId: string | null;
  /** The process's command line. */
  readonly command: string;
  /** ISO 8601. */
  readonly takenAt: string;
  /** How long the process stood still. */
  readonly pauseNs: number;
  /**
   * It was inside the allocator at each try, so a block under way may be counted and not be there, or the other way
   * round.
   */
  readonly insideAllocator: boolean;
  /** Address of the zend_mm_heap. */
  readonly heapAddress: number;
  readonly heap: Omit<HeapLayout, 'proofs'>;
  readonly engine: Omit<EngineLayout, 'proofs'>;
  readonly structures: Structures;
  /**
   * Addresses in the process of exported data, of AUTOLOAD_TABLE and THREAD_STRUCTURES: `executor_globals`,
   * `zend_ce_closure`; absent where PHP has none.
   */
  readonly symbols: Readonly<Record<string, number>>;
  /** Their sizes, bytes. */
  readonly symbolBytes: Readonly<Record<string, number>>;
  readonly threads: readonly {
    readonly tid: number;
    readonly stackPointer: number;
    /** What its registers held that can be an address. */
    readonly registers: readonly number[];
  }[];
  /** Of a thread-safe PHP: the thread whose heap it is, where it is not the only one or not the main one. */
  readonly thread?: number;
  /** Other threads of it that have heaps of their own, which are not looked at. */
  readonly otherPhpThreads?: number;
  /** Memory that was left out, and why. */
  readonly omitted: readonly { readonly name: string; readonly sizeBytes: number; readonly why: string }[];
}

/** User space ends at 2^47: 2^13 leaves of 2^13 frames of 2^21 bytes. */
const FRAME_BITS = 21;
const LEAF_BITS = 13;
const LEAF_MASK = (1 << LEAF_BITS) - 1;
const FRAME_MASK = (1 << FRAME_BITS) - 1;
const HIGHEST_WORD = 1 << 15;
const TWO_32 = 2 ** 32;

/**
 * A copy of a process's memory, read by the process's addresses. Nothing in it can be trusted: a read outside of what
 * was copied gives 0 or undefined and never throws.
 */
export class MemoryImage {
  /** The buffer in words of 4 bytes. */
  readonly words: Uint32Array;
  readonly segments: readonly Segment[];
  /** Frames of 2 MiB: 1 + index of the segment of the chunk that fills it, negative for a huge block, 0 for neither. */
  private readonly leaves = new Array<Int32Array | undefined>(1 << LEAF_BITS).fill(undefined);
  /** By segment: index of its first word. */
  private readonly firstWords: Uint32Array;
  private readonly others: readonly Segment[];
  private readonly byOffset: readonly Segment[];
  private lastOther: Segment | undefined;

  /** @throws PhptraceError where segments overlap or reach past the buffer */
  constructor(
    readonly header: ImageHeader,
    segments: readonly Segment[],
    readonly buffer: ArrayBuffer,
  ) {
    this.words = new Uint32Array(buffer);
    this.segments = [...segments].sort((a, b) => a.address - b.address);
    let end = 0;
    for (const [index, segment] of this.segments.entries()) {
      const { address, sizeBytes, offset, kind } = segment;
      const isInside = sizeBytes > 0 && offset >= 0 && offset + sizeBytes <= buffer.byteLength;
      if (address < end || !isInside || address + sizeBytes > HIGHEST_WORD * TWO_32) {
        throw new PhptraceError(
          `the memory image is damaged: segment ${String(index)} (0x${address.toString(16)}, ${String(sizeBytes)} ` +
            'bytes) overlaps another or reaches past the end: take a new dump',
        );
      }
      end = address + sizeBytes;
      if (kind !== 'memory') this.index(segment, kind === 'chunk' ? index + 1 : -index - 1);
    }
    this.firstWords = Uint32Array.from(this.segments, ({ offset }) => offset / 4);
    this.byOffset = [...this.segments].sort((a, b) => a.offset - b.offset);
    this.others = this.segments.filter(({ kind }) => kind === 'memory');
  }

  /** Index into `words` of the word at an address, or -1 where it was not copied or is not a multiple of 4. */
  wordAt(low: number, high: number): number {
    if ((low & 3) !== 0) return -1;
    const frame = this.frameOf(low, high);
    // The common case, without a look at the segment itself.
    if (frame > 0) return this.firstWords[frame - 1]! + ((low & FRAME_MASK) >>> 2);
    const segment = frame < 0 ? this.hugeAt(frame, low, high) : undefined;
    if (segment === undefined) return this.otherWord(high * TWO_32 + low);
    return (segment.offset + (high * TWO_32 + low - segment.address)) / 4;
  }

  /** Index of the chunk's or huge block's segment at an address, or -1. */
  heapSegmentAt(low: number, high: number): number {
    const frame = this.frameOf(low, high);
    if (frame >= 0) return frame - 1;
    return this.hugeAt(frame, low, high) === undefined ? -1 : -frame - 1;
  }

  /** Index into `words` of the word at an address; -1 where it was not copied. */
  at(address: number): number {
    return this.wordAt(address >>> 0, Math.floor(address / TWO_32));
  }

  /** 0 where the word was not copied. */
  uint32(address: number): number {
    const at = this.at(address);
    return at < 0 ? 0 : this.words[at]!;
  }

  uint8(address: number): number {
    const at = this.at(address - (address % 4));
    return at < 0 ? 0 : (this.words[at]! >>> (8 * (address % 4))) & 0xff;
  }

  /** 0 where the word was not copied. */
  pointer(address: number): number {
    const at = this.at(address);
    return at < 0 ? 0 : this.pointerAt(at);
  }

  /** The 64-bit word at an index into `words`. */
  pointerAt(at: number): number {
    return this.words[at]! + (this.words[at + 1] ?? 0) * TWO_32;
  }

  /** The process's address of a word of the buffer. */
  addressOfWord(word: number): number {
    const { address, offset } = this.segmentOfWord(word);
    return address + word * 4 - offset;
  }

  /** Index past the last word of the segment that holds this word of the buffer. */
  endOfSegment(word: number): number {
    const { offset, sizeBytes } = this.segmentOfWord(word);
    return (offset + sizeBytes) / 4;
  }

  /** Bytes from an address, as many as were copied up to `lengthBytes`. */
  bytes(address: number, lengthBytes: number): Uint8Array {
    const from = this.at(address - (address % 4));
    if (from < 0) return new Uint8Array(0);
    const segment = this.segmentAt(address)!;
    const left = segment.address + segment.sizeBytes - address;
    return new Uint8Array(this.buffer, from * 4 + (address % 4), Math.max(0, Math.min(lengthBytes, left)));
  }

  /** The segment that holds an address, or undefined. */
  segmentAt(address: number): Segment | undefined {
    const [low, high] = [address >>> 0, Math.floor(address / TWO_32)];
    const frame = this.frameOf(low, high);
    if (frame > 0) return this.segments[frame - 1];
    return (frame < 0 ? this.hugeAt(frame, low, high) : undefined) ?? this.otherAt(address);
  }

  private segmentOfWord(word: number): Segment {
    const bytes = word * 4;
    let [low, high] = [0, this.byOffset.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.byOffset[middle]!.offset <= bytes) low = middle;
      else high = middle;
    }
    return this.byOffset[low]!;
  }

  private frameOf(low: number, high: number): number {
    if (high >= HIGHEST_WORD) return 0;
    const leaf = this.leaves[high >>> (LEAF_BITS + FRAME_BITS - 32)];
    if (leaf === undefined) return 0;
    return leaf[((high << (32 - FRAME_BITS)) | (low >>> FRAME_BITS)) & LEAF_MASK]!;
  }

  /** The segment of a huge block by its frame, unless it ends before the address: its last frame it need not fill. */
  private hugeAt(frame: number, low: number, high: number): Segment | undefined {
    const segment = this.segments[-frame - 1]!;
    return high * TWO_32 + low < segment.address + segment.sizeBytes ? segment : undefined;
  }

  private index({ address, sizeBytes }: Segment, value: number): void {
    const first = Math.floor(address / 2 ** FRAME_BITS);
    const last = Math.floor((address + sizeBytes - 1) / 2 ** FRAME_BITS);
    for (let frame = first; frame <= last; frame++) {
      const leaf = (this.leaves[frame >>> LEAF_BITS] ??= new Int32Array(1 << LEAF_BITS));
      leaf[frame & LEAF_MASK] = value;
    }
  }

  private otherWord(address: number): number {
    const segment = this.otherAt(address);
    return segment === undefined ? -1 : (segment.offset + (address - segment.address)) / 4;
  }

  private otherAt(address: number): Segment | undefined {
    const last = this.lastOther;
    if (last !== undefined && address >= last.address && address < last.address + last.sizeBytes) return last;
    let [low, high] = [0, this.others.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const segment = this.others[middle]!;
      if (address < segment.address) high = middle;
      else if (address >= segment.address + segment.sizeBytes) low = middle + 1;
      else return (this.lastOther = segment);
    }
    return undefined;
  }
}
