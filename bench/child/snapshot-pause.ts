import { setImmediate as nextTurn } from 'node:timers/promises';
import { captureImage } from '../../src/heap/capture.js';
import { planCopy } from '../../src/heap/copy-plan.js';
import { readHeapExtent } from '../../src/heap/heap-extent.js';
import { openTarget } from '../../src/live/target.js';
import type { Target } from '../../src/live/target.js';
import { copyRanges } from '../../src/native/copy-ranges.js';
import { Pages } from '../../src/native/libc.js';
import { deriveStructures } from '../../src/php/derive-structures.js';
import { Pagemap } from '../../src/php/pagemap.js';
import { timed } from './timed.js';

/** ns, one value a round; the rounds of all three interleave. */
export interface SnapshotPause {
  readonly pauseNs: number[];
  /** The same pages by process_vm_readv and nothing else. */
  readonly plainNs: number[];
  /** As many bytes from one place of this process to another. */
  readonly withinNs: number[];
  bytes: number;
}

const ROUNDS = 7;

async function main(pid: number): Promise<void> {
  const samples: SnapshotPause = { pauseNs: [], plainNs: [], withinNs: [], bytes: 0 };
  const target = openTarget(pid);
  const { elf } = target.process;
  const { structures } = deriveStructures(elf, target.layout, (place) => target.globals.at(place));
  for (let round = 0; round < ROUNDS; round++) {
    samples.pauseNs.push(captureImage(target, structures).header.pauseNs);
    await freeMemory();
    plainCopies(target, samples);
    await freeMemory();
  }
  elf.close();
  process.stdout.write(JSON.stringify(samples));
}

/** Images are given back a turn after they were collected. */
async function freeMemory(): Promise<void> {
  globalThis.gc?.();
  await nextTurn();
}

/** Into memory that is in place, while the process waits for its stdin. */
function plainCopies({ process: php, heap, globals }: Target, samples: SnapshotPause): void {
  const pagemap = new Pagemap(php.pid);
  const extent = readHeapExtent(php.memory, heap, globals.allocGlobals);
  const plan = planCopy(extent, pagemap, { maxBytes: 2 ** 30, phpFile: php.fileName });
  pagemap.close();
  samples.bytes = plan.sizeBytes;
  const pages = Pages.map(plan.sizeBytes);
  samples.plainNs.push(timed(() => copyRanges(php.pid, plan.ranges, pages, () => {})));
  const copy = new Uint8Array(pages.toBuffer(plan.sizeBytes));
  const again = new Uint8Array(Pages.map(plan.sizeBytes).toBuffer(plan.sizeBytes));
  samples.withinNs.push(timed(() => again.set(copy)));
}

await main(Number(process.argv[2]));
