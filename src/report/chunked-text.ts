import { Buffer } from 'node:buffer';

const CHUNK_BYTES = 256 * 1024;
/** More than a number, or one character of a string, needs. */
const MARGIN = 32;

/**
 * Text as a sequence of chunks, none of which is ever joined with the others. Whoever writes takes `full` chunks out
 * from time to time: `yield* text.full()`.
 */
export class ChunkedText {
  private buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private length = 0;
  private readonly done: Buffer[] = [];

  /** ASCII. */
  ascii(text: string): void {
    this.makeRoom(text.length);
    // Mostly a comma: a call into the runtime costs more than that.
    for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
  }

  /** A JSON string. Unpaired surrogates become escapes. */
  jsonString(text: string): void {
    const json = JSON.stringify(text);
    this.makeRoom(json.length * 3);
    this.length += this.buffer.write(json, this.length, 'utf8');
  }

  /** A whole number from 0 to 2^53, in decimal. */
  number(value: number): void {
    this.makeRoom(MARGIN);
    if (value > 0xffff_ffff) return this.ascii(String(value));
    let end = this.length + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
    this.length = end;
    let rest = value;
    do {
      const quotient = Math.floor(rest / 10);
      this.buffer[--end] = 48 + rest - quotient * 10;
      rest = quotient;
    } while (rest > 0);
  }

  /** Chunks that are full, each handed out once. */
  *full(): Generator<Buffer> {
    for (const chunk of this.done) yield chunk;
    this.done.length = 0;
  }

  /** All that is left. */
  *rest(): Generator<Buffer> {
    yield* this.full();
    if (this.length > 0) yield this.buffer.subarray(0, this.length);
    this.length = 0;
  }

  private makeRoom(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    if (this.length > 0) this.done.push(this.buffer.subarray(0, this.length));
    this.buffer = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.length = 0;
  }
}
