import { closeSync, openSync, writeSync } from 'node:fs';
import { openTarget } from '../../src/live/target.js';
import type { Target } from '../../src/live/target.js';
import { BIN_SIZES } from '../../src/php/bins.js';
import { processState } from '../../src/php/process.js';
import { integration } from './harness.js';

// Programs whose heap is corrupt, written to from here: said in one line, with the address, and nobody waits or falls.

const program = 'test/integration/programs/free-slots.php';
const BIN = BIN_SIZES.indexOf(1792);

interface Corruption {
  readonly name: string;
  /** Writes words of 8 bytes to addresses of the program; returns what the one line says. */
  readonly write: (target: Target, put: (address: number, word: number) => void) => RegExp;
}

const CORRUPTIONS: readonly Corruption[] = [
  {
    name: 'a list of free slots that leads out of the heap',
    write: (target, put) => {
      put(firstFree(target), 0x4141_4141_4140);
      return /the list of free slots of 1792 bytes is corrupt at 0x414141414140: no slot of that bin lies there/;
    },
  },
  {
    name: 'a list of free slots that leads to a slot of another size',
    write: (target, put) => {
      const heads = BIN_SIZES.map((_, bin) => target.process.memory.pointer(slotOf(target, bin)));
      const other = heads.find((head, bin) => head !== 0 && bin !== BIN) ?? 0;
      put(firstFree(target), other);
      return new RegExp(`of 1792 bytes is corrupt at 0x${other.toString(16)}: no slot of that bin lies there`);
    },
  },
  {
    name: 'a list of free slots that goes round in a circle',
    write: (target, put) => {
      const first = firstFree(target);
      put(first, first);
      return new RegExp(`the list of free slots of 1792 bytes is corrupt at 0x${first.toString(16)}: it is met twice`);
    },
  },
  {
    name: 'a list of chunks that leads nowhere',
    write: (target, put) => {
      const { memory } = target.process;
      put(memory.pointer(heapOf(target) + target.heap.mainChunk) + 8, 0x4141_4140_0000);
      return /contradicts itself at 0x414141400000: its lists of chunks and huge blocks lead there, and nothing is mapped/;
    },
  },
  {
    name: 'a heap that says it is larger than its memory',
    write: (target, put) => {
      put(heapOf(target) + target.heap.hugeList, heapOf(target) + 8);
      return /contradicts itself at 0x[0-9a-f]+: no huge block is at 0x/;
    },
  },
  {
    name: 'a heap that has more chunks than it says',
    write: (target, put) => {
      put(heapOf(target) + target.heap.realSize, 4096);
      return /contradicts itself at 0x[0-9a-f]+: there are more chunks than real_size, 4096, has room for/;
    },
  },
];

for (const { name, write } of CORRUPTIONS) {
  integration(`${name}: one line, and the program goes on`, async (t, place) => {
    const running = await place.startReady(program);
    const target = openTarget(running.pid);
    const fd = openSync(`/proc/${String(running.pid)}/mem`, 'r+');
    const says = write(target, (address, word) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(word));
      writeSync(fd, bytes, 0, 8, address);
    });
    closeSync(fd);
    target.process.elf.close();
    const { exitCode, stdout, stderr } = await place.phptrace(['dump', String(running.pid)]);
    t.is(exitCode, 2, stdout);
    t.is(stdout, '');
    t.regex(stderr, /^phptrace: [^\n]+\n$/);
    t.regex(stderr, says);
    t.not(processState(running.pid), 't');
    t.is(running.ended, undefined);
  });
}

function heapOf({ process: { memory }, globals }: Target): number {
  return memory.pointer(globals.allocGlobals);
}

function slotOf(target: Target, bin: number): number {
  return heapOf(target) + target.heap.freeSlot + 8 * bin;
}

/** The first free slot of 1792 bytes, whose first word leads to the next one. */
function firstFree(target: Target): number {
  return target.process.memory.pointer(slotOf(target, BIN));
}
