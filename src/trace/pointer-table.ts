/**
 * Every live block, keyed by its address: an open-addressing hash with linear probing and backward-shift deletion.
 *
 * A slot is 24 bytes in one buffer (address 8, size/8, site, path, birth 4 each), so an operation touches one or two
 * cache lines and allocates nothing. The table is at most 3/4 full and doubles: 32 to 64 bytes a live block while it
 * only grows. Results of `take`, `get` and a replacing `insert` are left in `found`.
 */
export class PointerTable {
  /** The block that the last successful `take`, `get` or replacing `insert` met. Overwritten by the next one. */
  readonly found: FoundBlock = { sizeBytes: 0, site: 0, path: 0, birth: 0 };
  private count = 0;
  private mask = 0;
  private shift = 0;
  private limit = 0;
  private addresses = new Float64Array(0);
  private words = new Uint32Array(0);

  /** @param minimumBlocks how many blocks fit before the table doubles for the first time. */
  constructor(minimumBlocks = 3072) {
    this.allocate(Math.max(4, Math.ceil(Math.log2(minimumBlocks / MAX_LOAD))));
  }

  /** Live blocks. */
  get size(): number {
    return this.count;
  }

  /** Bytes of memory that the table holds. */
  bytes(): number {
    return this.addresses.buffer.byteLength;
  }

  /**
   * Puts a block in. Returns true where one was already there: it is replaced, and `found` has the old one.
   * `address` is greater than 0 and below 2^53, `sizeBytes` a multiple of 8 below 32 GiB, the others are unsigned
   * 32-bit numbers.
   */
  insert(address: number, sizeBytes: number, site: number, path: number, birth: number): boolean {
    if (this.count >= this.limit) this.grow();
    const { addresses, mask } = this;
    let slot = this.home(address);
    let held = addresses[slot * 3]!;
    while (held !== 0 && held !== address) {
      slot = (slot + 1) & mask;
      held = addresses[slot * 3]!;
    }
    if (held === address) this.find(slot);
    else this.count++;
    addresses[slot * 3] = address;
    const word = slot * 6 + 2;
    const { words } = this;
    words[word] = sizeBytes / 8;
    words[word + 1] = site;
    words[word + 2] = path;
    words[word + 3] = birth;
    return held === address;
  }

  /** Takes the block at `address` out. Returns false where there is none; else `found` has it. */
  take(address: number): boolean {
    const slot = this.slotOf(address);
    if (slot < 0) return false;
    this.find(slot);
    this.remove(slot);
    return true;
  }

  /** Looks the block at `address` up. Returns false where there is none; else `found` has it. */
  get(address: number): boolean {
    const slot = this.slotOf(address);
    if (slot < 0) return false;
    this.find(slot);
    return true;
  }

  /** Visits every live block in no particular order. The table must not be changed meanwhile. */
  forEach(visit: (address: number, sizeBytes: number, site: number, path: number, birth: number) => void): void {
    const { addresses, words } = this;
    for (let slot = 0; slot <= this.mask; slot++) {
      const address = addresses[slot * 3]!;
      if (address === 0) continue;
      const word = slot * 6 + 2;
      visit(address, words[word]! * 8, words[word + 1]!, words[word + 2]!, words[word + 3]!);
    }
  }

  /** Forgets every block. The memory stays: a heap that was dropped once will fill again. */
  clear(): void {
    this.addresses.fill(0);
    this.count = 0;
  }

  private slotOf(address: number): number {
    if (address === 0) return -1;
    const { addresses, mask } = this;
    let slot = this.home(address);
    for (;;) {
      const held = addresses[slot * 3]!;
      if (held === address) return slot;
      if (held === 0) return -1;
      slot = (slot + 1) & mask;
    }
  }

  /**
   * The slot where an address belongs. Blocks are multiples of 8 inside chunks that are multiples of 2 MiB: two rounds
   * of multiply and xor-shift (the constants of MurmurHash3's 32-bit finaliser) spread both over the upper bits.
   */
  private home(address: number): number {
    let hash = ((address >>> 3) ^ Math.imul(address / 4294967296, 0x9e3779b1)) | 0;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0xc2b2ae35) >>> this.shift;
  }

  private find(slot: number): void {
    const { found, words } = this;
    const word = slot * 6 + 2;
    found.sizeBytes = words[word]! * 8;
    found.site = words[word + 1]!;
    found.path = words[word + 2]!;
    found.birth = words[word + 3]!;
  }

  /** Closes the gap by moving back each follower that would no longer be reached from its home; no tombstones. */
  private remove(slot: number): void {
    const { addresses, words, mask } = this;
    let gap = slot;
    let next = gap;
    for (;;) {
      next = (next + 1) & mask;
      const address = addresses[next * 3]!;
      if (address === 0) break;
      const distance = (next - this.home(address)) & mask;
      if (distance < ((next - gap) & mask)) continue;
      addresses[gap * 3] = address;
      const to = gap * 6 + 2;
      const from = next * 6 + 2;
      words[to] = words[from]!;
      words[to + 1] = words[from + 1]!;
      words[to + 2] = words[from + 2]!;
      words[to + 3] = words[from + 3]!;
      gap = next;
    }
    addresses[gap * 3] = 0;
    this.count--;
  }

  private grow(): void {
    const { addresses, words, mask } = this;
    this.allocate(Math.log2(mask + 1) + 1);
    for (let slot = 0; slot <= mask; slot++) {
      const address = addresses[slot * 3]!;
      if (address === 0) continue;
      const word = slot * 6 + 2;
      this.insert(address, words[word]! * 8, words[word + 1]!, words[word + 2]!, words[word + 3]!);
    }
  }

  private allocate(bits: number): void {
    const slots = 2 ** bits;
    const buffer = new ArrayBuffer(slots * SLOT_BYTES);
    this.addresses = new Float64Array(buffer);
    this.words = new Uint32Array(buffer);
    this.mask = slots - 1;
    this.shift = 32 - bits;
    this.limit = slots * MAX_LOAD;
    this.count = 0;
  }
}

/** One block as the table keeps it. */
export interface FoundBlock {
  sizeBytes: number;
  site: number;
  path: number;
  /** Packed by the ledger. */
  birth: number;
}

const SLOT_BYTES = 24;
/** 24 bytes / (0.75 / 2) = 64 bytes a block right after the table has doubled. */
const MAX_LOAD = 0.75;
