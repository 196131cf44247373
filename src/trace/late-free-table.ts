import type { Places } from './places.js';
import type { LateFree } from './records.js';

/** Stands for "no free was seen" where a site is asked for. No site has this number. */
export const UNSEEN_FREE = 0xffffffff;

/**
 * The late frees of one loop, added up by (site of the free, place of birth, birth loop). A small open-addressing hash
 * over typed arrays: a loop that flushes a long buffer sends one event a block, and none of them may allocate.
 */
export class LateFreeTable {
  private keys = new Float64Array(64 * 3);
  private blocks = new Float64Array(64);
  private bytes = new Float64Array(64);
  /** Hash slot -> entry + 1. */
  private slots = new Uint32Array(128);
  private count = 0;

  add(site: number, place: number, birthLoop: number, sizeBytes: number): void {
    const mask = this.slots.length - 1;
    let slot = hash(site, place, birthLoop) & mask;
    for (;;) {
      const entry = this.slots[slot]! - 1;
      if (entry < 0) break;
      const key = entry * 3;
      if (this.keys[key] === site && this.keys[key + 1] === place && this.keys[key + 2] === birthLoop) {
        this.blocks[entry]!++;
        this.bytes[entry]! += sizeBytes;
        return;
      }
      slot = (slot + 1) & mask;
    }
    const entry = this.count++;
    this.keys[entry * 3] = site;
    this.keys[entry * 3 + 1] = place;
    this.keys[entry * 3 + 2] = birthLoop;
    this.blocks[entry] = 1;
    this.bytes[entry] = sizeBytes;
    this.slots[slot] = this.count;
    if (this.count === this.blocks.length) this.grow();
  }

  list(places: Places): LateFree[] {
    const frees: LateFree[] = [];
    for (let entry = 0; entry < this.count; entry++) {
      const site = this.keys[entry * 3]!;
      const born = places.describe(this.keys[entry * 3 + 1]!);
      frees.push({
        site: site === UNSEEN_FREE ? null : site,
        birthSite: born.site,
        birthPath: born.path,
        birthLoop: this.keys[entry * 3 + 2]!,
        outside: born.outside,
        blocks: this.blocks[entry]!,
        bytes: this.bytes[entry]!,
      });
    }
    return frees;
  }

  clear(): void {
    if (this.count === 0) return;
    this.slots.fill(0);
    this.count = 0;
  }

  private grow(): void {
    const { keys, blocks, bytes } = this;
    const entries = blocks.length * 2;
    this.keys = new Float64Array(entries * 3);
    this.keys.set(keys);
    this.blocks = new Float64Array(entries);
    this.blocks.set(blocks);
    this.bytes = new Float64Array(entries);
    this.bytes.set(bytes);
    this.slots = new Uint32Array(entries * 2);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      let slot = hash(keys[entry * 3]!, keys[entry * 3 + 1]!, keys[entry * 3 + 2]!) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry + 1;
    }
  }
}

/** Odd multipliers of Knuth's and of xxHash's; any that spread three small numbers will do. */
function hash(site: number, place: number, birthLoop: number): number {
  const mixed = Math.imul(site, 0x9e3779b1) ^ Math.imul(place, 0x85ebca77) ^ Math.imul(birthLoop, 0xc2b2ae3d);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
