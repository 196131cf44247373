import type { Places } from './places.js';
import type { Residue } from './records.js';

/**
 * The blocks born in one loop, counted by place. Counting a birth or a death is a few array operations and allocates
 * nothing; emptying it costs the places that were touched, not those that exist.
 */
export class Generation {
  private blocks = new Float64Array(256);
  private bytes = new Float64Array(256);
  /** What was alive when the loop ended. */
  private endBlocks = new Float64Array(256);
  private endBytes = new Float64Array(256);
  private listed = new Uint8Array(256);
  private touched = new Uint32Array(256);
  private touchedCount = 0;

  born(place: number, sizeBytes: number): void {
    if (place >= this.blocks.length) this.fit(place);
    if (this.listed[place] === 0) {
      this.listed[place] = 1;
      this.touched[this.touchedCount++] = place;
    }
    this.blocks[place]!++;
    this.bytes[place]! += sizeBytes;
  }

  /** The block was born in this generation, so its place is known here. */
  died(place: number, sizeBytes: number): void {
    this.blocks[place]!--;
    this.bytes[place]! -= sizeBytes;
  }

  /** The loop has ended: keeps only the places with something alive. */
  endLoop(): void {
    let kept = 0;
    for (let i = 0; i < this.touchedCount; i++) {
      const place = this.touched[i]!;
      if (this.blocks[place]! > 0) {
        this.touched[kept++] = place;
        this.endBlocks[place] = this.blocks[place]!;
        this.endBytes[place] = this.bytes[place]!;
      } else {
        this.listed[place] = 0;
        this.bytes[place] = 0;
      }
    }
    this.touchedCount = kept;
  }

  /** What is still alive, by place; to be asked after `endLoop`. */
  residue(places: Places): Residue[] {
    return this.list(places, (place) => [this.blocks[place]!, this.bytes[place]!]);
  }

  /** What was alive at the loop's end and is not now; to be asked after `endLoop`. */
  offset(places: Places): Residue[] {
    return this.list(places, (place) => [
      this.endBlocks[place]! - this.blocks[place]!,
      this.endBytes[place]! - this.bytes[place]!,
    ]);
  }

  /** Everything alive dies at once; what was alive at the loop's end stays known. */
  dropLive(): void {
    for (let i = 0; i < this.touchedCount; i++) {
      this.blocks[this.touched[i]!] = 0;
      this.bytes[this.touched[i]!] = 0;
    }
  }

  clear(): void {
    this.dropLive();
    for (let i = 0; i < this.touchedCount; i++) this.listed[this.touched[i]!] = 0;
    this.touchedCount = 0;
  }

  private list(places: Places, amount: (place: number) => [blocks: number, bytes: number]): Residue[] {
    const residues: Residue[] = [];
    for (let i = 0; i < this.touchedCount; i++) {
      const place = this.touched[i]!;
      const [blocks, bytes] = amount(place);
      if (blocks === 0) continue;
      residues.push({ ...places.describe(place), blocks, bytes });
    }
    return residues;
  }

  private fit(place: number): void {
    const length = 2 ** Math.ceil(Math.log2(place + 1));
    this.blocks = larger(this.blocks, new Float64Array(length));
    this.bytes = larger(this.bytes, new Float64Array(length));
    this.endBlocks = larger(this.endBlocks, new Float64Array(length));
    this.endBytes = larger(this.endBytes, new Float64Array(length));
    this.listed = larger(this.listed, new Uint8Array(length));
    this.touched = larger(this.touched, new Uint32Array(length));
  }
}

function larger<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
