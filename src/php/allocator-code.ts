import type { CodeImage, FunctionBounds } from './code-image.js';
import { flowGraph } from './control-flow.js';
import { Disassembler } from './disassembly.js';
import type { ProbeSites } from './probe-sites.js';

/** Functions that change the heap: those for blocks, the heap API, and what takes all of it apart. */
const CHANGES_HEAP = /^(_emalloc|_efree|_erealloc|_zend_mm_(alloc|free|realloc)|zend_mm_(gc|shutdown)$)/;

/**
 * The functions inside of which the heap may be half changed, in the ELF file's virtual addresses, sorted: the exported
 * ones, the parts of the allocator that probes were found in, and whatever these end in by a tail jump. A function that
 * one of them calls has its return address on the stack, so it need not be here.
 */
export function allocatorCode(image: CodeImage & { symbolNames(): string[] }, sites: ProbeSites): FunctionBounds[] {
  const disassembler = new Disassembler(image);
  try {
    const exported = image.symbolNames().filter((name) => CHANGES_HEAP.test(name));
    const entries = [
      ...exported.flatMap((name) => image.symbol(name)?.address ?? []),
      ...sites.results.map(({ address }) => image.bounds(address).start),
    ];
    return withTailJumps(disassembler, entries);
  } finally {
    disassembler.free();
  }
}

function withTailJumps(disassembler: Disassembler, entries: readonly number[]): FunctionBounds[] {
  const { image } = disassembler;
  const found = new Map<number, FunctionBounds>();
  const pending = [...entries];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    // A stub of the linkage table goes on to another library.
    if (image.stubSymbol(entry) !== undefined) continue;
    const bounds = image.bounds(entry);
    if (found.has(bounds.start)) continue;
    found.set(bounds.start, bounds);
    pending.push(...flowGraph(disassembler, bounds.start).exits, ...flowGraph(disassembler, entry).exits);
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** True where a sorted list has a function that holds the address. */
export function holdsAddress(functions: readonly FunctionBounds[], address: number): boolean {
  let [low, high] = [0, functions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { start, end } = functions[middle]!;
    if (address < start) high = middle;
    else if (address >= end) low = middle + 1;
    else return true;
  }
  return false;
}
