import { BIN_SIZES } from './bins.js';
import { flowGraph } from './control-flow.js';
import type { Disassembler, Instruction } from './disassembly.js';
import { ProofBook } from './layout-proof.js';
import type { LayoutProof } from './layout-proof.js';
import { loadChains } from './load-chains.js';
import type { Access, LoadChains } from './load-chains.js';
import type { ProbeSites } from './probe-sites.js';

/** Offsets in `zend_mm_heap` and `zend_mm_chunk` (Zend/zend_alloc.c), in bytes; they differ between patch releases. */
export interface HeapLayout {
  readonly useCustomHeap: number;
  /** Bytes that live blocks take; with `peak`, its maximum. */
  readonly size: number;
  readonly peak: number;
  /** Bytes mapped from the system; with `realPeak`, its maximum. */
  readonly realSize: number;
  readonly realPeak: number;
  /** `free_slot[0]`; the lists of the other bins follow, 8 bytes each. */
  readonly freeSlot: number;
  /** The list of huge blocks: { pointer, size, next }. */
  readonly hugeList: number;
  /** The word after it; in a process it must be the heap's address with the low 21 bits cleared. */
  readonly mainChunk: number;
  /** In a chunk: 512 words, one a page. */
  readonly chunkMap: number;
  readonly minBinSize: 8 | 16;
  readonly proofs: readonly LayoutProof[];
}

/**
 * Derives the heap's layout from the machine code of the functions that use it.
 *
 * @throws PhptraceError that names the field where the code does not show it, or two functions contradict each other.
 */
export function deriveHeapLayout(disassembler: Disassembler, sites: ProbeSites): HeapLayout {
  return new HeapReader(disassembler, sites).derive();
}

class HeapReader {
  readonly #book: ProofBook;

  constructor(
    readonly disassembler: Disassembler,
    readonly sites: ProbeSites,
  ) {
    this.#book = new ProofBook(`${disassembler.image.name}: zend_mm_heap`);
  }

  derive(): HeapLayout {
    this.#checkBins();
    const size = this.#size();
    const counters = this.#counters(size);
    const hugeList = this.#hugeList();
    this.#noteHeapPointer();
    return {
      useCustomHeap: this.#book.note('useCustomHeap', 0, 'the word that every guard tests'),
      size,
      ...counters,
      freeSlot: this.#freeSlot(),
      hugeList,
      mainChunk: this.#book.note('mainChunk', hugeList + 8, 'the word after hugeList; proven in the process'),
      chunkMap: this.#chunkMap(),
      minBinSize: this.#minBinSize(),
      proofs: this.#book.proofs,
    };
  }

  #noteHeapPointer(): void {
    const { allocGlobals } = this.sites;
    const proof = 'what zend_mm_get_heap and every guard load';
    if ('address' in allocGlobals) this.#book.note('allocGlobals', allocGlobals.address, proof);
    else this.#book.note('allocGlobals.offsetAt', allocGlobals.offsetAt, `${proof}, from the thread's block`);
  }

  /** The table of block sizes that `_efree` reads must be the one that this program knows. */
  #checkBins(): void {
    const tables = [...this.#instructions('_efree')].flatMap(({ mnemonic, operands: [, from] }) =>
      mnemonic === 'lea' && from?.kind === 'memory' && from.address !== undefined ? [from.address] : [],
    );
    const [table] = tables;
    if (table === undefined) throw this.#book.error('bins', '_efree refers to no table of block sizes');
    const bytes = this.disassembler.image.read(table, BIN_SIZES.length * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const other = BIN_SIZES.findIndex((size, bin) => view.getUint32(bin * 4, true) !== size);
    if (other >= 0) throw this.#book.error('bins', `bin ${other} is not of ${BIN_SIZES[other] ?? 0} bytes`);
    this.#book.note('bins', table, `the table of 30 block sizes that _efree reads at this address`);
  }

  #size(): number {
    const each = this.#sized('_efree_', (accesses, blockBytes) =>
      accesses.filter(({ immediate }) => immediate !== undefined && Math.abs(immediate) === blockBytes).map(offsetOf),
    );
    return this.#book.one('size', common(each), `each of ${each.length} _efree_N subtracts its block size from it`);
  }

  #counters(size: number): Pick<HeapLayout, 'realSize' | 'peak' | 'realPeak'> {
    const usage = this.#heapWords('zend_memory_usage');
    const written = this.#heapWords('_emalloc');
    if (usage.size === 0) return this.#copiedCounters(size, written);
    const peaks = this.#heapWords('zend_memory_peak_usage');
    return {
      realSize: this.#book.one('realSize', without(usage, [size]), 'the other word that zend_memory_usage reads'),
      peak: this.#book.one('peak', common([peaks, written]), 'zend_memory_peak_usage reads it, _emalloc keeps it'),
      realPeak: this.#book.one('realPeak', without(peaks, written), 'the other word that zend_memory_peak_usage reads'),
    };
  }

  /** Where clang has made one load of both, whose address the argument is part of (the function is there from 8.2 on). */
  #copiedCounters(size: number, written: ReadonlySet<number>): Pick<HeapLayout, 'realSize' | 'peak' | 'realPeak'> {
    const reset = 'zend_memory_reset_peak_usage';
    const copied = this.#heapWords(reset);
    const limited = this.#heapWords('zend_set_memory_limit');
    const peaks = without(common([copied, written]), [size]);
    const peak = this.#book.one('peak', peaks, `_emalloc keeps it, ${reset} sets it`);
    const sizes = without(common([copied, limited]), [size]);
    const realSize = this.#book.one('realSize', sizes, `${reset} and zend_set_memory_limit read it`);
    const others = without(copied, [size, peak, realSize]);
    return { realSize, peak, realPeak: this.#book.one('realPeak', others, `the other word that ${reset} sets`) };
  }

  #freeSlot(): number {
    const lists = (accesses: readonly Access[], _: number, bin: number) =>
      accesses.filter(({ sizeBytes }) => sizeBytes === 8).map((access) => offsetOf(access) - 8 * bin);
    const each = [...this.#sized('_emalloc_', lists), ...this.#sized('_efree_', lists)];
    return this.#book.one('freeSlot', common(each), `${each.length} functions of one bin each use it plus 8 * bin`);
  }

  /** What each function for one bin tells; those that go on to another bin's tell nothing. */
  #sized(prefix: string, tell: (accesses: readonly Access[], size: number, bin: number) => number[]): Set<number>[] {
    return BIN_SIZES.flatMap((size, bin) => {
      const symbol = `${prefix}${size}`;
      const forwarded = this.sites.forwarded.some(({ from }) => from === symbol);
      const chains = forwarded ? undefined : this.#chains(symbol);
      return chains === undefined ? [] : [new Set(tell(inHeap(chains), size, bin))];
    });
  }

  /** `_efree` reads the page's word at chunk + page * 4 + this; where the others compute it so too, they must agree. */
  #chunkMap(): number {
    const each = ['_efree', '_zend_mm_free', '_zend_mm_block_size'].map((symbol) => {
      const found = new Set<number>();
      for (const { operands } of this.#instructions(symbol)) {
        const from = operands[1];
        if (from?.kind !== 'memory' || from.base === undefined || from.index === undefined) continue;
        if (from.scale === 4 && from.sizeBytes === 4 && from.displacement > 0) found.add(from.displacement);
      }
      return found;
    });
    const [first, ...others] = each;
    const agreed = first === undefined ? new Set<number>() : common([first, ...others.filter(({ size }) => size > 0)]);
    return this.#book.one('chunkMap', agreed, '_efree reads the word of a page at chunk + 4 * page + it');
  }

  /** The list that `_zend_mm_block_size`, or what it calls, walks: it reads pointer, size and next of its elements. */
  #hugeList(): number {
    const chains = this.#chains('_zend_mm_block_size');
    const callees = (chains?.calls ?? [])
      .filter(({ arguments: [heap] }) => heap?.root === 'argument0' && heap.path.length === 0 && heap.offset === 0)
      .map(({ target }) => loadChains(this.disassembler, target, []));
    const lists = [...(chains === undefined ? [] : [chains]), ...callees].flatMap(walkedLists);
    return this.#book.one('hugeList', new Set(lists), 'the list that _zend_mm_block_size walks');
  }

  #minBinSize(): 8 | 16 {
    const forwards = this.sites.forwarded.some(({ from, to }) => from === '_emalloc_8' && to === '_emalloc_16');
    const value = forwards ? 16 : 8;
    this.#book.note('minBinSize', value, forwards ? '_emalloc_8 goes on to _emalloc_16' : '_emalloc_8 has its own bin');
    return value;
  }

  #heapWords(symbol: string): Set<number> {
    const chains = this.#chains(symbol);
    if (chains === undefined) throw this.#book.error(symbol, 'the symbol is missing');
    return new Set(
      inHeap(chains)
        .filter(({ sizeBytes }) => sizeBytes === 8)
        .map(offsetOf),
    );
  }

  #chains(name: string): LoadChains | undefined {
    const symbol = this.disassembler.image.symbol(name);
    const { allocGlobals, storage } = this.sites;
    const heap = { root: 'alloc_globals', ...allocGlobals };
    return symbol === undefined ? undefined : loadChains(this.disassembler, symbol.address, [heap], storage);
  }

  #instructions(name: string): Iterable<Instruction> {
    const symbol = this.disassembler.image.symbol(name);
    return symbol === undefined ? [] : flowGraph(this.disassembler, symbol.address).instructions.values();
  }
}

function inHeap({ accesses }: LoadChains): Access[] {
  return accesses.filter(({ root, path }) => root === 'alloc_globals' && path.length === 2 && path[0] === 0);
}

/** Words of argument 0 that head a list whose elements are { pointer, size, next }, each of which is read. */
function walkedLists({ accesses }: LoadChains): number[] {
  const read = accesses.filter(({ root }) => root === 'argument0').map(({ path }) => path.join('>'));
  return [...new Set(read)]
    .filter((path) => !path.includes('>') && [0, 8, 16].every((offset) => read.includes(`${path}>${offset}`)))
    .map(Number);
}

function offsetOf({ path }: Access): number {
  return path.at(-1) ?? -1;
}

function common(sets: readonly ReadonlySet<number>[]): Set<number> {
  const [first, ...others] = sets;
  return new Set([...(first ?? [])].filter((value) => others.every((other) => other.has(value))));
}

function without(set: ReadonlySet<number>, remove: Iterable<number>): Set<number> {
  const removed = new Set(remove);
  return new Set([...set].filter((value) => !removed.has(value)));
}
