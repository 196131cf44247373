import { PhptraceError } from '../errors.js';

/**
 * Little-endian bytes that nobody vouches for. Each read names the field that it decodes, so that a truncated or
 * foreign input ends in one line with the offset and the field, never in a RangeError.
 */
export class ByteView {
  readonly #view: DataView;

  /**
   * @param what what the bytes are, for the error: `/usr/bin/php: section header 3`.
   * @param base where the bytes begin in their file, so that errors name file offsets.
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly what: string,
    readonly base = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(offset: number, field: string): number {
    return this.#view.getUint8(this.#checked(offset, 1, field));
  }

  u16(offset: number, field: string): number {
    return this.#view.getUint16(this.#checked(offset, 2, field), true);
  }

  u32(offset: number, field: string): number {
    return this.#view.getUint32(this.#checked(offset, 4, field), true);
  }

  i32(offset: number, field: string): number {
    return this.#view.getInt32(this.#checked(offset, 4, field), true);
  }

  /** A 64-bit word that is an address, an offset or a size: throws where it is past 2^53 and no number can hold it. */
  u64(offset: number, field: string): number {
    const value = this.#view.getBigUint64(this.#checked(offset, 8, field), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#error(offset, field, `has the impossible value ${value}`);
    return Number(value);
  }

  slice(offset: number, length: number, field: string): Uint8Array {
    const start = this.#checked(offset, length, field);
    return this.bytes.subarray(start, start + length);
  }

  /** The zero-terminated string at `offset`, read as Latin-1: symbol and section names are ASCII. */
  cString(offset: number, field: string): string {
    const start = this.#checked(offset, 1, field);
    const end = this.bytes.indexOf(0, start);
    if (end < 0) throw this.#error(offset, field, 'has no end');
    let text = '';
    for (let at = start; at < end; at++) text += String.fromCharCode(this.bytes[at] ?? 0);
    return text;
  }

  #checked(offset: number, length: number, field: string): number {
    if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= this.bytes.length)
      return offset;
    throw this.#error(offset, field, `needs ${length} bytes, and ${this.bytes.length} are there`);
  }

  #error(offset: number, field: string, why: string): PhptraceError {
    return new PhptraceError(`${this.what}: ${field} at offset ${this.base + offset} ${why}: the file is damaged`);
  }
}
