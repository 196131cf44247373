import { readHeapExtent } from '../../src/heap/heap-extent.js';
import { LiveArrays } from '../../src/heap/live-arrays.js';
import { openTarget } from '../../src/live/target.js';
import { timed } from './timed.js';

/** ns, one value a round; the rounds of both interleave. */
export interface ArrayLook {
  readonly lookNs: number[];
  /** The same pages by process_vm_readv and nothing else. */
  readonly copyNs: number[];
  places: number;
}

const ROUNDS = 25;

function main(pid: number): void {
  const { process: php, heap, layout, globals } = openTarget(pid);
  const extent = readHeapExtent(php.memory, heap, globals.allocGlobals);
  const arrays = LiveArrays.find(php.memory, { heap, hashTable: layout.hashTable, code: php.code }, extent);
  if (arrays === undefined) throw new Error('the heap has no array');
  const samples: ArrayLook = { lookNs: [], copyNs: [], places: arrays.places };
  for (let round = 0; round < ROUNDS; round++) {
    samples.copyNs.push(timed(() => arrays.copy()));
    samples.lookNs.push(
      timed(() => {
        arrays.copy();
        arrays.forEachChange(() => {});
      }),
    );
  }
  arrays.close();
  php.elf.close();
  process.stdout.write(JSON.stringify(samples));
}

main(Number(process.argv[2]));
