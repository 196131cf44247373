import koffi from 'koffi';
import { readVectors } from './libc.js';
import type { Pages } from './libc.js';
import { PAGE_BYTES } from './page.js';

/** IOV_MAX: the kernel takes no more pieces in one call (include/uapi/linux/uio.h). */
const MAX_PIECES = 1024;
/** The kernel copies at most 2 GiB less a page in one call. */
const MAX_CALL_BYTES = 2 ** 30;
const TWO_32 = 2 ** 32;

/** Ranges of a process's memory and where in a mapping of this process they go: three numbers each, all of them multiples of 4096. */
export class RangeList {
  readonly numbers: number[] = [];

  add(address: number, sizeBytes: number, offset: number): void {
    this.numbers.push(address, sizeBytes, offset);
  }
}

/**
 * Copies ranges of a process's memory, up to 1024 in a call; nothing is made for each of them.
 *
 * @param onUnreadable is told of pages that the kernel cannot read; they keep what was there.
 * @throws SystemCallError where the process is gone or forbidden
 */
export function copyRanges(
  pid: number,
  ranges: RangeList,
  to: Pages,
  onUnreadable: (address: number, sizeBytes: number) => void,
): void {
  const batch = new Batch(pid, to);
  const { numbers } = ranges;
  for (let at = 0; at < numbers.length; at += 3) {
    const [address = 0, sizeBytes = 0, offset = 0] = [numbers[at], numbers[at + 1], numbers[at + 2]];
    for (let done = 0; done < sizeBytes;) {
      const piece = Math.min(sizeBytes - done, MAX_CALL_BYTES - batch.sizeBytes);
      batch.add(address + done, piece, offset + done);
      done += piece;
      if (batch.isFull) batch.copy(onUnreadable);
    }
  }
  batch.copy(onUnreadable);
}

/** Two arrays of struct iovec { base, length }, in halves of words. */
class Batch {
  sizeBytes = 0;
  private pieces = 0;
  private readonly local = new Uint32Array(4 * MAX_PIECES);
  private readonly remote = new Uint32Array(4 * MAX_PIECES);
  private readonly localAddress = koffi.address(this.local.buffer);
  private readonly remoteAddress = koffi.address(this.remote.buffer);
  private readonly base: number;

  constructor(
    readonly pid: number,
    readonly to: Pages,
  ) {
    this.base = Number(to.address);
  }

  get isFull(): boolean {
    return this.pieces === MAX_PIECES || this.sizeBytes === MAX_CALL_BYTES;
  }

  add(address: number, sizeBytes: number, offset: number): void {
    if (offset + sizeBytes > this.to.sizeBytes) throw new RangeError('a range ends past the pages');
    put(this.remote, this.pieces, address, sizeBytes);
    put(this.local, this.pieces, this.base + offset, sizeBytes);
    this.pieces++;
    this.sizeBytes += sizeBytes;
  }

  copy(onUnreadable: (address: number, sizeBytes: number) => void): void {
    for (let first = 0; first < this.pieces;) {
      let copied = this.readFrom(first);
      while (first < this.pieces && copied >= lengthOf(this.remote, first)) copied -= lengthOf(this.remote, first++);
      if (first === this.pieces) break;
      const address = addressOf(this.remote, first) + copied;
      const left = lengthOf(this.remote, first) - copied;
      // A call may also end early because a signal came: then its first page is readable the next time.
      if (copied > 0) {
        put(this.remote, first, address, left);
        put(this.local, first, addressOf(this.local, first) + copied, left);
        continue;
      }
      onUnreadable(address, PAGE_BYTES);
      put(this.remote, first, address + PAGE_BYTES, left - PAGE_BYTES);
      put(this.local, first, addressOf(this.local, first) + PAGE_BYTES, left - PAGE_BYTES);
      if (left === PAGE_BYTES) first++;
    }
    this.pieces = 0;
    this.sizeBytes = 0;
  }

  /** Bytes copied from a piece on; 0 where its first page cannot be read. */
  private readFrom(first: number): number {
    const skip = BigInt(first * 16);
    return readVectors(this.pid, this.localAddress + skip, this.remoteAddress + skip, this.pieces - first);
  }
}

function put(vectors: Uint32Array, piece: number, base: number, length: number): void {
  vectors[4 * piece] = base % TWO_32;
  vectors[4 * piece + 1] = base / TWO_32;
  vectors[4 * piece + 2] = length;
  vectors[4 * piece + 3] = 0;
}

function addressOf(vectors: Uint32Array, piece: number): number {
  return vectors[4 * piece]! + vectors[4 * piece + 1]! * TWO_32;
}

function lengthOf(vectors: Uint32Array, piece: number): number {
  return vectors[4 * piece + 2]!;
}
