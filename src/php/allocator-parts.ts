import { flowGraph, neverReturns, targets } from './control-flow.js';
import type { FlowGraph } from './control-flow.js';
import { BIN_SIZES } from './bins.js';
import type { Disassembler } from './disassembly.js';
import { hex, unproven } from './first-branch.js';
import type { FirstBranch } from './first-branch.js';
import { resultSites } from './result-sites.js';

/** Which part of the allocator a pointer comes out of; `realloc` where slow and huge cannot be told apart. */
export type ResultSource = 'small_slow' | 'large' | 'huge' | 'realloc_slow' | 'realloc_huge' | 'realloc';

/** The static functions behind the exported ones, by entry address, and the sites at which their results are seen. */
export interface AllocatorParts {
  readonly smallSlow: number;
  readonly huge: number;
  readonly parts: ReadonlyMap<number, ResultSource>;
  readonly results: readonly { readonly address: number; readonly from: ResultSource; readonly resultIn: 'rax' }[];
}

/**
 * Finds `zend_mm_alloc_small_slow`, `_large`, `_huge` and `zend_mm_realloc_slow`, `_huge`, none of which has a symbol,
 * by what the exported functions hand over to, and in each the instructions at which its result is known.
 *
 * @param guardOf the proven guard of an exported function, or undefined where the binary has no such function.
 * @throws PhptraceError with the function's name where a part cannot be told from the others.
 */
export function findAllocatorParts(
  disassembler: Disassembler,
  guardOf: (symbol: string) => FirstBranch | undefined,
): AllocatorParts {
  return new PartFinder(disassembler, guardOf).find();
}

class PartFinder {
  readonly #parts = new Map<number, ResultSource>();

  constructor(
    readonly disassembler: Disassembler,
    readonly guardOf: (symbol: string) => FirstBranch | undefined,
  ) {}

  find(): AllocatorParts {
    const smallSlow = this.#smallSlow();
    this.#parts.set(smallSlow, 'small_slow');
    const huge = this.#huge();
    this.#parts.set(huge, 'huge');
    const entries = new Map(this.#parts);
    this.#addLarge();
    this.#addRealloc();
    for (const [address, source] of this.#parts) entries.set(address, source);
    const results = [...entries].flatMap(([entry, from]) => {
      // Large blocks come often, and their pages are mapped when rax is settled. A small run's page map is not yet.
      const sites = resultSites(this.#part(entry, entries), { early: from === 'large' });
      return sites.map((address) => ({ address, from, resultIn: 'rax' as const }));
    });
    if (new Set(results.map(({ address }) => address)).size !== results.length) {
      throw unproven(this.disassembler, '_emalloc', 'two parts of the allocator share a return');
    }
    return { smallSlow, huge, parts: entries, results };
  }

  /** The one function that all the sized `_emalloc_N` hand over to, with their bin as argument 1. */
  #smallSlow(): number {
    let common: Set<number> | undefined;
    BIN_SIZES.forEach((size, bin) => {
      const graph = this.#normal(`_emalloc_${size}`);
      if (graph === undefined || graph.instructions.size < 3) return;
      const passed = [...targets(graph)].filter((target) => this.#passesBin(graph, target, bin));
      common = new Set(common === undefined ? passed : passed.filter((target) => common?.has(target)));
    });
    // Builds without the sized functions show it in _emalloc alone, where it cannot be told from the large path.
    const [only, ...others] = common ?? [];
    if (only === undefined || others.length > 0) {
      throw unproven(this.disassembler, '_emalloc_*', 'they do not hand over to one common slow path');
    }
    return only;
  }

  /** True where the instruction before the hand-over to `target` loads `bin` as argument 1. */
  #passesBin(graph: FlowGraph, target: number, bin: number): boolean {
    return [...graph.instructions.values()].some((instruction) => {
      if (instruction.flow !== 'next' || !instruction.written.includes('rsi')) return false;
      const after = this.disassembler.at(instruction.next);
      const [to, from] = instruction.operands;
      const zero = instruction.mnemonic === 'xor' && to?.kind === 'register' && from?.kind === 'register';
      const value = zero && to.register === from.register ? 0 : from?.kind === 'immediate' ? from.value : undefined;
      return (after.flow === 'jump' || after.flow === 'call') && after.target === target && value === bin;
    });
  }

  /** Past its guard, `_emalloc_huge` does nothing but go on to `zend_mm_alloc_huge`. */
  #huge(): number {
    const graph = this.#normal('_emalloc_huge');
    const [only, ...others] = graph === undefined ? [] : targets(graph);
    if (only === undefined || others.length > 0 || (graph?.returns.length ?? 0) > 0) {
      throw unproven(this.disassembler, '_emalloc_huge', 'it does not go on to one zend_mm_alloc_huge');
    }
    return only;
  }

  /**
   * Where pages come from: `_emalloc_large` either holds the allocation of pages itself, or goes on to
   * `zend_mm_alloc_large`; `_emalloc` must go on to such a function, because its own return is the hot one.
   */
  #addLarge(): void {
    const own = this.#normal('_emalloc_large');
    const any = this.#normal('_emalloc');
    if (own === undefined || any === undefined) {
      throw unproven(this.disassembler, '_emalloc_large', 'it is not exported');
    }
    const pages = targets(own);
    if (own.returns.length > 0) this.#parts.set(own.entry, 'large');
    const unknown = [...targets(any)].filter((target) => !this.#parts.has(target) && !this.#panics(target));
    for (const target of unknown) {
      const inner = this.#graph(target);
      const allocates = pages.has(target) ? any.exits.has(target) : [...targets(inner)].some((to) => pages.has(to));
      if (!allocates || any.calls.has(target)) {
        throw unproven(this.disassembler, '_emalloc', `${hex(target)}, which it goes on to, is no known part`);
      }
      this.#parts.set(target, 'large');
    }
    if (unknown.length === 0) {
      throw unproven(this.disassembler, '_emalloc', 'zend_mm_alloc_large is inlined in it and shares its hot return');
    }
    for (const target of pages) if (!this.#parts.has(target)) this.#pageAllocators.add(target);
  }

  /** Functions that hand out pages; who calls one directly makes a block out of them itself. */
  readonly #pageAllocators = new Set<number>();

  #addRealloc(): void {
    const graphs = ['_erealloc', '_erealloc2'].flatMap((symbol) => this.#normal(symbol) ?? []);
    const handedTo = new Set(graphs.flatMap((graph) => [...targets(graph)]));
    const exported = this.disassembler.image.symbol('_zend_mm_alloc')?.address;
    const makers = new Set([...this.#parts.keys(), ...this.#pageAllocators]);
    const candidates = [...handedTo].filter((target) => {
      return target !== exported && !makers.has(target) && this.disassembler.image.stubSymbol(target) === undefined;
    });
    const direct = candidates.filter((target) => this.#handsTo(target, makers));
    const indirect = candidates.filter((target) => !direct.includes(target) && this.#handsTo(target, new Set(direct)));
    const found = [...direct, ...indirect];
    const [slow, ...rest] = found.filter((target) => !this.#handsTo(target, new Set(found)));
    const huge = found.filter((target) => target !== slow);
    const told = slow !== undefined && rest.length === 0 && huge.length === 1;
    for (const target of found) {
      this.#parts.set(target, !told ? 'realloc' : target === slow ? 'realloc_slow' : 'realloc_huge');
    }
    const inlined = graphs.filter((graph) => [...this.#pageAllocators].some((pages) => graph.calls.has(pages)));
    for (const { entry } of inlined) this.#parts.set(entry, 'realloc');
    if (found.length === 0 && inlined.length === 0) {
      throw unproven(this.disassembler, '_erealloc', 'the code that moves a block was not found');
    }
  }

  #handsTo(target: number, makers: ReadonlySet<number>): boolean {
    return [...targets(this.#graph(target))].some((to) => to !== target && makers.has(to));
  }

  /** What follows the guard when the heap is PHP's own. */
  #normal(symbol: string): FlowGraph | undefined {
    const guard = this.guardOf(symbol);
    return guard === undefined ? undefined : this.#graph(guard.ifZero);
  }

  #graph(entry: number): FlowGraph {
    return flowGraph(this.disassembler, entry);
  }

  #panics(target: number): boolean {
    return neverReturns(this.#graph(target));
  }

  /** All of a part, with its `.cold` code and whatever it ends in, up to where another part takes over. */
  #part(entry: number, parts: ReadonlyMap<number, ResultSource>): FlowGraph {
    const graph = flowGraph(this.disassembler, entry, (target) => !parts.has(target));
    if (graph.otherJumps.length > 0) {
      const at = hex(graph.otherJumps[0] ?? 0);
      throw unproven(this.disassembler, `the part at ${hex(entry)}`, `it ends in an indirect jump at ${at}`);
    }
    return graph;
  }
}
