import { basename } from 'node:path';
import { structureNumbered } from '../../php/thread-structures.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { THREAD_STRUCTURES } from '../image.js';
import type { MemoryImage, Segment } from '../image.js';
import { forEachElement } from '../structures/hash-table.js';
import { scanWords } from '../structures/scan.js';
import { readName } from '../structures/strings.js';
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

/** Offsets in zend_module_entry (Zend/zend_modules.h, 7.4 to 8.5). */
const GLOBALS_SIZE = 96;
const GLOBALS = 104;

/**
 * Whatever memory of C refers to: variables of PHP and its extensions, what malloc gave them, the stacks and registers
 * of threads.
 */
export function addNativeRoots({ image }: HeapView, roots: RootList): void {
  for (const { registers } of image.header.threads) {
    for (const address of registers) roots.addAt(address, NODE_KIND.unknown, ROOT_RANK.cMemory, 'CPU register');
  }
  const excluded = collectorBuffer(image);
  const globals = [...namedGlobals(image), ...moduleGlobals(image)].sort((a, b) => a.address - b.address);
  for (const segment of image.segments) {
    if (segment.kind !== 'memory') continue;
    for (const { from, to, name, rank } of partsOf(image, segment, globals)) {
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

/** Variables of C that have a name. */
interface Globals {
  readonly address: number;
  readonly sizeBytes: number;
  readonly called: string;
}

function namedGlobals({ header }: MemoryImage): Globals[] {
  return Object.entries(NAMES).flatMap(([symbol, called]) => {
    const address = header.symbols[symbol];
    return address === undefined ? [] : [{ address, sizeBytes: header.symbolBytes[symbol] ?? 0, called }];
  });
}

/** What each extension has for itself, by the table of all, whose elements point to their zend_module_entry. */
function moduleGlobals(image: MemoryImage): Globals[] {
  const found: Globals[] = [];
  const structures = image.header.symbols[THREAD_STRUCTURES];
  const table = image.at(image.header.symbols['module_registry'] ?? 0);
  if (table < 0) return found;
  forEachElement(image, table, (element, key) => {
    const entry = image.pointerAt(element);
    const [sizeBytes, globals] = [image.pointer(entry + GLOBALS_SIZE), image.pointer(entry + GLOBALS)];
    // In a thread-safe build a module has in place of its structure's address that of its number.
    const address = structures === undefined ? globals : structureNumbered(image, structures, image.uint32(globals));
    const name = readName(image, key);
    if (address !== 0 && name !== undefined) found.push({ address, sizeBytes, called: `${name} extension` });
  });
  return found;
}

/** A segment by what its parts are called; `globals` in order of address. */
function partsOf(image: MemoryImage, segment: Segment, globals: readonly Globals[]): Part[] {
  const [start, end] = [segment.address, segment.address + segment.sizeBytes];
  const stack = image.header.threads.find(({ stackPointer }) => stackPointer >= start && stackPointer < end);
  // Below the stack pointer lies what returned functions left.
  if (stack !== undefined) {
    const from = stack.stackPointer - (stack.stackPointer % 8);
    return [{ from, to: end, name: 'C stack', rank: ROOT_RANK.cMemory }];
  }
  const { name, rank } = nameOf(segment);
  const parts: Part[] = [];
  let at = start;
  for (const { address, sizeBytes, called } of globals) {
    if (address < at || address >= end) continue;
    const last = Math.min(end, address + sizeBytes);
    if (address > at) parts.push({ from: at, to: address, name, rank });
    if (last > address) parts.push({ from: address, to: last, name: called, rank: ROOT_RANK.engine });
    at = last;
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
