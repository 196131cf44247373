import { basename } from 'node:path';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage, Segment } from '../image.js';
import { scanWords } from '../structures/scan.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList, RootRank } from './root-list.js';

/** Exported structures of PHP that have a name of their own for what they keep. */
const NAMES: Readonly<Record<string, string>> = {
  output_globals: 'output buffers',
  basic_globals: 'standard extension',
  file_globals: 'file extension',
  core_globals: 'PHP core',
  sapi_globals: 'SAPI',
  executor_globals: 'executor',
  compiler_globals: 'compiler',
};

/**
 * Whatever memory of C refers to: variables of PHP and its extensions, what malloc gave them, the stacks and registers
 * of threads.
 */
export function addNativeRoots({ image }: HeapView, roots: RootList): void {
  for (const { registers } of image.header.threads) {
    for (const address of registers) roots.addAt(address, NODE_KIND.unknown, ROOT_RANK.cMemory, 'CPU register');
  }
  const excluded = collectorBuffer(image);
  for (const segment of image.segments) {
    if (segment.kind !== 'memory') continue;
    for (const { from, to, name, rank } of partsOf(image, segment)) {
      const sink = roots.sink(rank, () => name);
      for (const [first, end] of without(from, to, excluded)) {
        const at = image.at(first);
        if (at >= 0) scanWords(image, at, at + (end - first) / 4, sink);
      }
    }
  }
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly rank: RootRank;
}

/** A segment by what its parts are called. */
function partsOf(image: MemoryImage, segment: Segment): Part[] {
  const [start, end] = [segment.address, segment.address + segment.sizeBytes];
  const stack = image.header.threads.find(({ stackPointer }) => stackPointer >= start && stackPointer < end);
  // Below the stack pointer lies what returned functions left.
  if (stack !== undefined) {
    const from = stack.stackPointer - (stack.stackPointer % 8);
    return [{ from, to: end, name: 'C stack', rank: ROOT_RANK.cMemory }];
  }
  const { name, rank } = nameOf(segment);
  const known = Object.entries(NAMES)
    .flatMap(([symbol, called]) => {
      const address = image.header.symbols[symbol];
      return address !== undefined && address >= start && address < end ? [{ address, called, symbol }] : [];
    })
    .sort((a, b) => a.address - b.address);
  const parts: Part[] = [];
  let at = start;
  for (const { address, called, symbol } of known) {
    const last = Math.min(end, address + (image.header.symbolBytes[symbol] ?? 0));
    if (address > at) parts.push({ from: at, to: address, name, rank });
    if (last > address) parts.push({ from: address, to: last, name: called, rank: ROOT_RANK.engine });
    at = Math.max(at, last);
  }
  if (at < end) parts.push({ from: at, to: end, name, rank });
  return parts;
}

function nameOf({ name }: Segment): Pick<Part, 'name' | 'rank'> {
  // The last part of a library's variables has no file behind it; the kernel calls it by no name then.
  if (name.startsWith('/') && !name.startsWith('/dev/')) {
    return { name: `C variable of ${basename(name)}`, rank: ROOT_RANK.cVariable };
  }
  return { name: name === '' || name === '[heap]' ? 'memory of malloc' : `memory ${name}`, rank: ROOT_RANK.cMemory };
}

/** The collector's list of what might be garbage keeps nothing alive. */
function collectorBuffer(image: MemoryImage): readonly [number, number] {
  const { gcGlobals } = image.header.structures;
  if (gcGlobals === null) return [0, 0];
  const buffer = image.pointer(gcGlobals);
  return [buffer, buffer + 8 * image.uint32(gcGlobals + 24)];
}

function without(from: number, to: number, [start, end]: readonly [number, number]): [number, number][] {
  if (end <= from || start >= to) return [[from, to]];
  const parts: [number, number][] = [];
  if (start > from) parts.push([from, start]);
  if (end < to) parts.push([end, to]);
  return parts;
}
