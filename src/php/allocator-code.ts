import type { CodeImage, FunctionBounds } from './code-image.js';
import { flowGraph, targets } from './control-flow.js';
import { Disassembler } from './disassembly.js';
import type { ProbeSites } from './probe-sites.js';

/** Functions that change the heap: those for blocks, the heap API, and what takes all of it apart. */
const CHANGES_HEAP = /^(_emalloc|_efree|_erealloc|_zend_mm_(alloc|free|realloc)|zend_mm_(gc|shutdown)$)/;

/**
 * The functions inside of which the heap may be half changed, in the ELF file's virtual addresses, sorted: the exported
 * ones, the parts of the allocator that probes were found in, and all that these call or end in, but for functions that
 * are exported under other names: those report errors, when the heap is whole.
 */
export function allocatorCode(image: CodeImage & { symbolNames(): string[] }, sites: ProbeSites): FunctionBounds[] {
  const disassembler = new Disassembler(image);
  try {
    const symbols = image.symbolNames().map((name) => ({ name, address: image.symbol(name)?.address ?? NaN }));
    const exported = symbols.filter(({ name }) => CHANGES_HEAP.test(name)).map(({ address }) => address);
    const parts = sites.results.map(({ address }) => image.bounds(address).start);
    const others = new Set(symbols.map(({ address }) => address));
    return withCallees(disassembler, [...exported, ...parts], others);
  } finally {
    disassembler.free();
  }
}

function withCallees(
  disassembler: Disassembler,
  entries: readonly number[],
  others: ReadonlySet<number>,
): FunctionBounds[] {
  const { image } = disassembler;
  const found = new Map<number, FunctionBounds>();
  const pending = [...entries];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const bounds = image.bounds(entry);
    if (found.has(bounds.start)) continue;
    found.set(bounds.start, bounds);
    for (const from of new Set([bounds.start, entry])) {
      const callees = [...targets(flowGraph(disassembler, from))];
      // A stub of the linkage table goes on to another library.
      pending.push(...callees.filter((to) => !others.has(to) && image.stubSymbol(to) === undefined));
    }
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
