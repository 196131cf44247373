import { PointerTable } from '../../src/trace/pointer-table.js';

const BLOCKS = 5_000_000;
const BLOCK_BYTES = 56;
const CHUNK = 0x7f00_0020_0000;

/** Printed: bytes for 5M live blocks. Which holder is measured is the first argument; each needs a process of its own. */
export interface BlockMemory {
  readonly blocks: number;
  /** What the holder says of itself; NaN where it cannot tell (null in JSON). */
  readonly ownBytes: number | null;
  /** By how much the process grew, garbage collected. */
  readonly rssBytes: number;
  /** By how much it had grown at its height. */
  readonly peakBytes: number;
}

const before = residentBytes();
const holder = process.argv[2] === 'map' ? fillMap() : fillTable();
// resourceUsage has KiB.
const peakBytes = process.resourceUsage().maxRSS * 1024 - before;
const rssBytes = residentBytes() - before;
const ownBytes = holder instanceof PointerTable ? holder.bytes() : null;
const result: BlockMemory = { blocks: holder.size, ownBytes, rssBytes, peakBytes };
console.log(JSON.stringify(result));

function fillTable(): PointerTable {
  const table = new PointerTable();
  for (let i = 0; i < BLOCKS; i++) table.insert(addressOf(i), BLOCK_BYTES, i % 500, 0, i >>> 8);
  return table;
}

/** What one would write first: an object for each block. */
function fillMap(): Map<number, object> {
  const map = new Map<number, object>();
  for (let i = 0; i < BLOCKS; i++) {
    map.set(addressOf(i), { sizeBytes: BLOCK_BYTES, site: i % 500, path: 0, birth: i >>> 8 });
  }
  return map;
}

function addressOf(block: number): number {
  return CHUNK + block * BLOCK_BYTES;
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
