import { flowGraph } from './control-flow.js';
import type { Disassembler, Instruction } from './disassembly.js';
import { loadChains } from './load-chains.js';
import type { Access, GlobalRoot, LoadChains, Pointer } from './load-chains.js';
import { placeOfGlobal } from './thread-storage.js';
import type { ThreadStorage } from './thread-storage.js';

/** The root of chains that begin in `executor_globals`. */
export const GLOBALS = 'executor_globals';

/** What exported functions of the engine read and pass on. A function that the binary lacks shows nothing. */
export class EngineCode {
  readonly #roots: readonly GlobalRoot[];
  readonly #chains = new Map<string, LoadChains>();

  /**
   * @param storage how the build's threads find their globals, null where it is not thread-safe.
   * @param others global structures besides executor_globals whose members are asked for; those that are absent show
   * nothing.
   */
  constructor(
    readonly disassembler: Disassembler,
    readonly storage: ThreadStorage | null,
    others: readonly string[] = [],
  ) {
    this.#roots = [GLOBALS, ...others].flatMap((root) => {
      const place = placeOfGlobal(disassembler.image, root);
      return place === undefined ? [] : [{ root, ...place }];
    });
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

  /** The same of the part of a function that the compiler has split off, which has no symbol (`.part.0`): it ends there. */
  inGlobalsOfPart(symbol: string): Access[] {
    const { image } = this.disassembler;
    const start = image.symbol(symbol)?.address;
    const exits = start === undefined ? [] : [...flowGraph(this.disassembler, start).exits];
    return exits
      .flatMap((address) => loadChains(this.disassembler, address, this.#roots, this.storage).accesses)
      .filter(({ root }) => root === GLOBALS);
  }

  accesses(symbol: string, wanted: string): Access[] {
    return this.allAccesses(symbol).filter(({ root }) => root === wanted);
  }

  /** Whatever it begins at. */
  allAccesses(symbol: string): readonly Access[] {
    return this.#chainsOf(symbol)?.accesses ?? [];
  }

  #chainsOf(name: string): LoadChains | undefined {
    const symbol = this.disassembler.image.symbol(name);
    if (symbol === undefined) return undefined;
    let chains = this.#chains.get(name);
    if (chains === undefined) {
      chains = loadChains(this.disassembler, symbol.address, this.#roots, this.storage);
      this.#chains.set(name, chains);
    }
    return chains;
  }
}
