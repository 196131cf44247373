import { findAllocGlobals } from './alloc-globals.js';
import { findAllocatorParts } from './allocator-parts.js';
import type { ResultSource } from './allocator-parts.js';
import { BIN_SIZES } from './bins.js';
import { requiredSymbol } from './code-image.js';
import { flowGraph, targets } from './control-flow.js';
import type { Disassembler, Register } from './disassembly.js';
import { findEntrySite } from './entry-site.js';
import { findFirstBranch, hex, unproven } from './first-branch.js';
import type { FirstBranch, HeapSource } from './first-branch.js';
import { findThreadStorage } from './thread-storage.js';
import type { GlobalPlace, ThreadStorage } from './thread-storage.js';

export type { Register } from './disassembly.js';
export type { ResultSource } from './allocator-parts.js';

/** A conditional jump to probe. The address is the ELF file's virtual address. */
interface Site {
  /** The exported function that it belongs to. */
  readonly symbol: string;
  readonly address: number;
  /** The register that holds the `zend_mm_heap` there. */
  readonly heapIn: Register;
  /**
   * What ZF at the jump says: false where ZF set means that the heap is PHP's own (`use_custom_heap` is 0) and ZF clear
   * that the call goes to a custom allocator; undefined where the function does not ask.
   */
  readonly customIfZero: false | undefined;
}

export type AllocSite = Site &
  (
    | { readonly kind: 'small'; readonly bin: number }
    | { readonly kind: 'any' | 'large' | 'huge'; readonly sizeIn: Register }
  );

export type FreeSite = Site & { readonly pointerIn: Register } & (
    { readonly kind: 'small'; readonly bin: number } | { readonly kind: 'any' | 'large' | 'huge' }
  );

export interface ReallocSite extends Site {
  readonly pointerIn: Register;
  readonly sizeIn: Register;
  /** For a NULL pointer: the call goes on to `_zend_mm_alloc`, whose own site sees it, or allocates in place. */
  readonly nullGoesTo: 'zend_mm_alloc' | 'inline';
}

/** An instruction at which `resultIn` is the pointer that the allocator hands out, or NULL. */
export interface ResultSite {
  readonly address: number;
  readonly from: ResultSource;
  readonly resultIn: 'rax';
}

export interface ProbeSites {
  /** Where the pointer to the heap lies. */
  readonly allocGlobals: GlobalPlace;
  /** How threads find their globals; null in a build that is not thread-safe. */
  readonly storage: ThreadStorage | null;
  readonly alloc: readonly AllocSite[];
  readonly free: readonly FreeSite[];
  readonly realloc: readonly ReallocSite[];
  /** `_zend_mm_alloc(heap, size)` and its like: the heap is an argument, and may be another one than PHP's. */
  readonly heapApi: {
    readonly alloc: readonly AllocSite[];
    readonly free: readonly FreeSite[];
    readonly realloc: readonly ReallocSite[];
  };
  readonly results: readonly ResultSite[];
  /** Sized functions without a site: they go on to another one that has it (8.4+: `_emalloc_8` to `_emalloc_16`). */
  readonly forwarded: readonly { readonly from: string; readonly to: string }[];
  /** The heap drops everything it holds. */
  readonly reset: { readonly symbol: string; readonly address: number; readonly heapIn: Register };
  /** A function's record goes away. */
  readonly destroyOpArray: { readonly symbol: string; readonly address: number; readonly opArrayIn: Register };
  /** A fiber is about to be left for another one. Null in a PHP without fibers. */
  readonly fiberSwitch: { readonly symbol: string; readonly address: number } | null;
}

/**
 * Finds where to probe the allocator of a PHP binary, by disassembling it: every site is proven, none is guessed.
 *
 * @throws PhptraceError with the name of the function that is missing or could not be proven.
 */
export function findProbeSites(disassembler: Disassembler): ProbeSites {
  return new SiteFinder(disassembler).find();
}

/** Without these nothing can be traced; the sized functions and the heap API may be missing. */
const REQUIRED = ['_emalloc', '_efree', '_erealloc', '_emalloc_large', '_emalloc_huge'];

/** The functions of the heap API decide by the size or the pointer, their argument 1. */
const TESTED_BY_HEAP_API = 1;

class SiteFinder {
  readonly #heap: { readonly allocGlobals: GlobalPlace; readonly storage: ThreadStorage | null };
  readonly #forwarded: { from: string; to: string }[] = [];

  constructor(readonly disassembler: Disassembler) {
    const storage = findThreadStorage(disassembler);
    this.#heap = { allocGlobals: findAllocGlobals(disassembler, storage), storage };
  }

  find(): ProbeSites {
    for (const symbol of REQUIRED) requiredSymbol(this.disassembler.image, symbol);
    const alloc: AllocSite[] = [
      ...this.#sized('_emalloc_', 0).map(({ branch, bin }) => ({ ...guard(branch), kind: 'small' as const, bin })),
      ...this.#allocs(this.#heap, 0, { _emalloc: 'any', _emalloc_large: 'large', _emalloc_huge: 'huge' }),
    ];
    const free: FreeSite[] = [
      ...this.#sized('_efree_', 1).map(({ branch, bin }) => {
        return { ...guard(branch), kind: 'small' as const, bin, pointerIn: this.#argument(branch, 0) };
      }),
      ...this.#frees(this.#heap, 0, { _efree: 'any', _efree_large: 'large', _efree_huge: 'huge' }),
    ];
    const realloc = this.#reallocs(this.#heap, 0, ['_erealloc', '_erealloc2']);
    const own: HeapSource = { argument: 0 };
    const reset = findEntrySite(this.disassembler, 'zend_mm_shutdown');
    const destroy = findEntrySite(this.disassembler, 'destroy_op_array');
    const fiberSwitch = this.#fiberSwitch();
    return {
      ...this.#heap,
      alloc,
      free,
      realloc,
      heapApi: {
        alloc: this.#allocs(own, 1, { _zend_mm_alloc: 'any' }),
        free: this.#frees(own, 1, { _zend_mm_free: 'any' }),
        realloc: this.#reallocs(own, 1, ['_zend_mm_realloc', '_zend_mm_realloc2']),
      },
      results: findAllocatorParts(this.disassembler, (symbol) => this.#branch(symbol, this.#heap)).results,
      forwarded: this.#forwarded,
      reset: { symbol: reset.symbol, address: reset.address, heapIn: reset.argumentIn },
      destroyOpArray: { symbol: destroy.symbol, address: destroy.address, opArrayIn: destroy.argumentIn },
      fiberSwitch,
    };
  }

  /** Without the place of their switches, what fibers start would be charged to the wrong loop: then this throws. */
  #fiberSwitch(): ProbeSites['fiberSwitch'] {
    if (this.#symbol('zend_ce_fiber') === undefined && this.#symbol('zend_fiber_switch_context') === undefined) {
      return null;
    }
    const { symbol, address } = findEntrySite(this.disassembler, 'zend_fiber_switch_context');
    return { symbol, address };
  }

  /** The sites of the functions for one bin each: those that exist and do not just go on to another bin's. */
  #sized(prefix: string, argumentCount: number): { branch: FirstBranch; bin: number }[] {
    const entries = new Map<number, string>();
    for (const size of BIN_SIZES) {
      const symbol = this.#symbol(`${prefix}${size}`);
      if (symbol !== undefined) entries.set(symbol.address, `${prefix}${size}`);
    }
    const found: { branch: FirstBranch; bin: number }[] = [];
    BIN_SIZES.forEach((size, bin) => {
      const branch = this.#branch(`${prefix}${size}`, this.#heap);
      if (branch === undefined) return;
      const to = entries.get(this.disassembler.at(branch.ifZero).target ?? -1);
      if (to !== undefined) this.#forwarded.push({ from: branch.symbol, to });
      else found.push({ branch, bin });
      for (let index = 0; index < argumentCount; index++) this.#argument(branch, index);
    });
    return found;
  }

  #allocs<Kind extends 'any' | 'large' | 'huge'>(heap: HeapSource, size: number, kinds: Record<string, Kind>) {
    return this.#branches(Object.keys(kinds), heap).map((branch) => {
      return { ...guard(branch), kind: kinds[branch.symbol] as Kind, sizeIn: this.#argument(branch, size) };
    });
  }

  #frees<Kind extends 'any' | 'large' | 'huge'>(heap: HeapSource, pointer: number, kinds: Record<string, Kind>) {
    return this.#branches(Object.keys(kinds), heap).map((branch) => {
      return { ...guard(branch), kind: kinds[branch.symbol] as Kind, pointerIn: this.#argument(branch, pointer) };
    });
  }

  #reallocs(heap: HeapSource, pointer: number, symbols: readonly string[]): ReallocSite[] {
    const alloc = this.#symbol('_zend_mm_alloc')?.address;
    return this.#branches(symbols, heap).map((branch) => {
      const start = branch.decision === 'use_custom_heap' ? branch.ifZero : branch.address;
      const goesToAlloc = alloc !== undefined && targets(flowGraph(this.disassembler, start)).has(alloc);
      return {
        ...guard(branch),
        pointerIn: this.#argument(branch, pointer),
        sizeIn: this.#argument(branch, pointer + 1),
        nullGoesTo: goesToAlloc ? 'zend_mm_alloc' : 'inline',
      };
    });
  }

  #branches(symbols: readonly string[], heap: HeapSource): FirstBranch[] {
    return symbols.flatMap((symbol) => this.#branch(symbol, heap) ?? []);
  }

  #branch(name: string, heap: HeapSource): FirstBranch | undefined {
    const symbol = this.#symbol(name);
    if (symbol === undefined) return undefined;
    const branch = findFirstBranch(this.disassembler, name, symbol.address, heap);
    if ('allocGlobals' in heap && branch.decision !== 'use_custom_heap') {
      throw unproven(this.disassembler, name, `the jump at ${hex(branch.address)} does not test use_custom_heap`);
    }
    if (branch.tested !== undefined && branch.tested !== TESTED_BY_HEAP_API) {
      throw unproven(this.disassembler, name, `the jump at ${hex(branch.address)} tests argument ${branch.tested}`);
    }
    return branch;
  }

  /** The register that holds the argument at the branch. */
  #argument({ symbol, address, argumentIn }: FirstBranch, index: number): Register {
    const register = argumentIn[index];
    if (register === undefined) {
      const why = `no register is proven to hold argument ${index} at ${hex(address)}`;
      throw unproven(this.disassembler, symbol, why);
    }
    return register;
  }

  #symbol(name: string) {
    return this.disassembler.image.symbol(name);
  }
}

function guard({ symbol, address, heapIn, decision }: FirstBranch): Site {
  return { symbol, address, heapIn, customIfZero: decision === 'use_custom_heap' ? false : undefined };
}
