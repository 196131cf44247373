import type { CodeSymbol } from './code-image.js';
import { flowGraph } from './control-flow.js';
import type { Disassembler, Instruction } from './disassembly.js';
import { loadChains } from './load-chains.js';
import type { Access, GlobalRoot, LoadChains, Pointer } from './load-chains.js';

/** The root of chains that begin in `executor_globals`. */
export const GLOBALS = 'executor_globals';

/** What exported functions of the engine read and pass on. A function that the binary lacks shows nothing. */
export class EngineCode {
  readonly #roots: readonly GlobalRoot[];
  readonly #chains = new Map<string, LoadChains>();

  /**
   * @param globals the symbol `executor_globals`.
   * @param others symbols of other global structures whose members are asked for; those that are absent show nothing.
   */
  constructor(
    readonly disassembler: Disassembler,
    readonly globals: CodeSymbol,
    others: readonly string[] = [],
  ) {
    this.#roots = [
      { root: GLOBALS, ...globals },
      ...others.flatMap((root) => {
        const symbol = disassembler.image.symbol(root);
        return symbol === undefined ? [] : [{ root, ...symbol }];
      }),
    ];
  }

  instructions(name: string): Instruction[] {
    const symbol = this.disassembler.image.symbol(name);
    return symbol === undefined ? [] : [...flowGraph(this.disassembler, symbol.address).instructions.values()];
  }

  /** What a function hands over as its first argument, to one function or to any. */
  argumentsOf(symbol: string, callee?: string): Pointer[] {
    const target = callee === undefined ? undefined : this.disassembler.image.symbol(callee)?.address;
    const calls = (this.#chainsOf(symbol)?.calls ?? []).filter(
      (call) => callee === undefined || call.target === target,
    );
    const seen = new Map(calls.flatMap(({ arguments: [first] }) => (first ? [[JSON.stringify(first), first]] : [])));
    return [...seen.values()];
  }

  /** Addresses that a function computes and does not read. */
  computed(symbol: string): readonly Pointer[] {
    return this.#chainsOf(symbol)?.computed ?? [];
  }

  inGlobals(symbol: string): Access[] {
    return this.accesses(symbol, GLOBALS);
  }

  accesses(symbol: string, wanted: string): Access[] {
    return (this.#chainsOf(symbol)?.accesses ?? []).filter(({ root }) => root === wanted);
  }

  #chainsOf(name: string): LoadChains | undefined {
    const symbol = this.disassembler.image.symbol(name);
    if (symbol === undefined) return undefined;
    let chains = this.#chains.get(name);
    if (chains === undefined) {
      chains = loadChains(this.disassembler, symbol.address, this.#roots);
      this.#chains.set(name, chains);
    }
    return chains;
  }
}
