import type { ArrayLook } from './child/array-look.js';
import { runChild } from './child-process.js';
import { withHeap } from './heap-program.js';
import { duration, ratio } from './quantities.js';
import { lowerQuartile } from './statistics.js';
import type { Row } from './table.js';

const MEGABYTES = 500;

/** What a look at the numbers of elements of all arrays takes, against a copy of their pages and nothing else. */
export async function measureArrayLook(progress: (text: string) => void): Promise<Row[]> {
  progress(`look at the arrays of a heap of ${String(MEGABYTES)} MB`);
  const { lookNs, copyNs, places } = await withHeap(MEGABYTES, (pid) => runChild<ArrayLook>('array-look', String(pid)));
  const [look, copy] = [lowerQuartile(lookNs), lowerQuartile(copyNs)];
  return [
    {
      what: `a look at the arrays, heap of ${String(MEGABYTES)} MB`,
      measured: `${duration(look)}, ${duration(look / places)} an array`,
      peer: `their pages by process_vm_readv: ${duration(copy)}`,
      ratio: ratio(look, copy),
    },
  ];
}
