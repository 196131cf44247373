import { GLOBALS } from './engine-code.js';
import type { EngineCode } from './engine-code.js';
import type { ProofBook } from './layout-proof.js';
import { offsetWordOf } from './load-chains.js';
import type { StructuresVersion } from './structure-versions.js';
import type { Structures } from './structures.js';
import type { GlobalPlace } from './thread-storage.js';

/** Global structures besides executor_globals, by symbol. */
export const COMPILER_GLOBALS = 'compiler_globals';
export const BASIC_GLOBALS = 'basic_globals';

/** Sizes in bytes of the reads at an address. */
type Sizes = Map<number, Set<number>>;
/** Up to num_roots; what follows is of no interest here. */
const GC_GLOBALS_BYTES = 32;

/** Reads where the engine's globals keep what a snapshot starts from out of exported functions, each with its proof. */
export class GlobalsReader {
  constructor(
    readonly code: EngineCode,
    readonly book: ProofBook,
    readonly known: StructuresVersion,
  ) {}

  executor(): Structures['eg'] {
    const { book, known } = this;
    const regularList = book.oneOrKnown(
      'eg.regularList',
      this.#places('zend_list_insert', GLOBALS),
      'zend_list_insert adds to it',
      known.eg.regularList,
    );
    return {
      regularList,
      persistentList: book.oneOrKnown(
        'eg.persistentList',
        this.#places('zend_register_persistent_resource_ex', GLOBALS),
        'zend_register_persistent_resource_ex adds to it',
        regularList + 56,
      ),
      ...this.#handlers(),
      exception: book.oneOrKnown(
        'eg.exception',
        this.#members('zend_exception_save', GLOBALS)
          .filter(({ immediate }) => immediate === 0)
          .map(offsetOf),
        'zend_exception_save clears it',
        known.eg.exception,
      ),
      objectsStore: this.#objectsStore(),
      zendConstants: book.oneOrKnown(
        'eg.zendConstants',
        this.#loaded('zend_register_constant'),
        'zend_register_constant adds to it',
        known.eg.zendConstants,
      ),
      iniDirectives: book.oneOrKnown(
        'eg.iniDirectives',
        this.#loaded('zend_ini_long'),
        'zend_ini_long searches it',
        known.eg.iniDirectives,
      ),
      activeFiber: this.#activeFiber(),
      weakrefs: book.oneOrKnown(
        'eg.weakrefs',
        this.#places('zend_weakrefs_notify', GLOBALS),
        'zend_weakrefs_notify searches it',
        known.eg.weakrefs,
      ),
      lazyObjects: this.#lazyObjects(),
    };
  }

  compiler(): Structures['cg'] {
    const { book, known } = this;
    const arena = book.oneOrKnown(
      'cg.arena',
      this.code
        .accesses('zend_init_func_run_time_cache', COMPILER_GLOBALS)
        .filter(({ path }) => path.length === 2 && path[1] === 8)
        .map(({ path }) => path[0] ?? -1),
      'zend_init_func_run_time_cache compares the end of what it points to',
      known.cg.arena,
    );
    return {
      arena,
      internedStrings: book.oneOrKnown(
        'cg.internedStrings',
        this.#places('zend_interned_strings_activate', COMPILER_GLOBALS),
        'zend_interned_strings_activate initialises it',
        arena + 8,
      ),
      mapPtrBase: book.oneOrKnown(
        'cg.mapPtrBase',
        this.#members('zend_class_init_statics', COMPILER_GLOBALS).map(offsetOf),
        'zend_class_init_statics adds the raw value to it',
        known.cg.mapPtrBase,
      ),
    };
  }

  /** Where basic_globals has the table of shutdown functions; null without the symbol or its number. */
  shutdownFunctions(): number | null {
    const { image } = this.code.disassembler;
    // In a thread-safe build it is found by its number, which is not followed through the code.
    if (image.symbol(BASIC_GLOBALS) === undefined && image.symbol(`${BASIC_GLOBALS}_id`) === undefined) return null;
    return this.book.oneOrKnown(
      'shutdownFunctions',
      this.#members('php_free_shutdown_functions', BASIC_GLOBALS).map(offsetOf),
      'php_free_shutdown_functions destroys what it points to',
      0,
    );
  }

  /** The collector's globals have no symbol: what gc_possible_root reads tells where they lie. */
  gcGlobals(): GlobalPlace | null {
    // { gc_root_buffer *buf; bool enabled, active, protected, full; uint32_t unused, first_unused, threshold, … num_roots }
    const shape: readonly (readonly [number, number])[] = [
      [0, 8],
      [10, 1],
      [12, 4],
      [16, 4],
      [28, 4],
    ];
    const read = this.code.storage === null ? this.#readStatically() : this.#readInBlock();
    const found = [...read].flatMap(([place, sizes]) => {
      const starts = [...sizes.keys()];
      return starts
        .filter((start) => shape.every(([offset, sizeBytes]) => sizes.get(start + offset)?.has(sizeBytes) === true))
        .map((start) => ({ place, start }));
    });
    const [one] = found;
    if (one === undefined || found.length > 1) return null;
    const proof = 'gc_possible_root adds to the buffer whose pointer is there';
    if (one.place === null) {
      return { address: this.book.note('gcGlobals', one.start, proof), sizeBytes: GC_GLOBALS_BYTES };
    }
    return one.start === 0 ? { offsetAt: this.book.note('gcGlobals.offsetAt', one.place, proof) } : null;
  }

  /** Sizes of what gc_possible_root reads, by address. */
  #readStatically(): Map<null, Sizes> {
    const sizes: Sizes = new Map();
    for (const { operands } of this.code.instructions('gc_possible_root')) {
      for (const operand of operands) {
        if (operand.kind !== 'memory' || operand.address === undefined) continue;
        addSize(sizes, operand.address, operand.sizeBytes);
      }
    }
    return new Map([[null, sizes]]);
  }

  /** Likewise in the thread's block: by the word that holds a structure's offset, then by offset in the structure. */
  #readInBlock(): Map<number, Sizes> {
    const places = new Map<number, Sizes>();
    for (const { root, path, sizeBytes } of this.code.allAccesses('gc_possible_root')) {
      const word = offsetWordOf(root);
      if (word === undefined || path.length !== 1) continue;
      const sizes = places.get(word) ?? new Map<number, Set<number>>();
      places.set(word, sizes);
      addSize(sizes, path[0] ?? -1, sizeBytes);
    }
    return places;
  }

  /** zend_user_exception_handler reads the zval and its type; the other handlers lie around it in every version. */
  #handlers(): Pick<
    Structures['eg'],
    'userErrorHandler' | 'userExceptionHandler' | 'userErrorHandlers' | 'userExceptionHandlers'
  > {
    const read = this.#members('zend_user_exception_handler', GLOBALS);
    const types = new Set(read.filter(({ sizeBytes }) => sizeBytes === 4).map(offsetOf));
    const userExceptionHandler = this.book.oneOrKnown(
      'eg.userExceptionHandler',
      read.filter((access) => access.sizeBytes === 8 && types.has(offsetOf(access) + 8)).map(offsetOf),
      'zend_user_exception_handler calls the zval there',
      this.known.eg.userExceptionHandler,
    );
    const at = (field: string, distance: number, what: string): number =>
      this.book.note(
        `eg.${field}`,
        userExceptionHandler + distance,
        `${what} eg.userExceptionHandler in every version`,
      );
    return {
      userErrorHandler: at('userErrorHandler', -16, 'the zval before'),
      userExceptionHandler,
      userErrorHandlers: at('userErrorHandlers', 40, 'a zval and a stack after'),
      userExceptionHandlers: at('userExceptionHandlers', 64, 'a zval and two stacks after'),
    };
  }

  #objectsStore(): number {
    const read = this.#members('zend_objects_store_put', GLOBALS);
    const ints = new Set(read.filter(({ sizeBytes }) => sizeBytes === 4).map(offsetOf));
    const buckets = read
      .filter((access) => access.sizeBytes === 8 && [8, 12, 16].every((next) => ints.has(offsetOf(access) + next)))
      .map(offsetOf);
    return this.book.oneOrKnown(
      'eg.objectsStore',
      buckets,
      'zend_objects_store_put reads buckets, top, size and free_list_head there',
      this.known.eg.objectsStore,
    );
  }

  #activeFiber(): number | null {
    const { activeFiber } = this.known.eg;
    if (activeFiber === null) return null;
    const contexts = this.code
      .inGlobals('zend_fiber_switch_context')
      .filter(({ path, sizeBytes }) => path.length === 2 && sizeBytes === 4)
      .map(({ path }) => (path[0] ?? -1) + 8);
    return this.book.oneOrKnown(
      'eg.activeFiber',
      contexts,
      'the word after current_fiber_context, whose status zend_fiber_switch_context sets',
      activeFiber,
    );
  }

  #lazyObjects(): number | null {
    const { lazyObjects } = this.known.eg;
    if (lazyObjects === null) return null;
    return this.book.oneOrKnown(
      'eg.lazyObjects',
      this.#places('zend_object_make_lazy', GLOBALS),
      'zend_object_make_lazy adds to it',
      lazyObjects,
    );
  }

  /** Offsets of `f(&GLOBALS(member), …)`. */
  #places(symbol: string, wanted: string): number[] {
    return this.code
      .argumentsOf(symbol)
      .filter(({ root, path, offset }) => root === wanted && path.length === 0 && offset > 0)
      .map(({ offset }) => offset);
  }

  /** Offsets of `f(EG(member), …)`. */
  #loaded(symbol: string): number[] {
    return this.code.argumentsOf(symbol).flatMap(({ root, path, offset }) => {
      return root === GLOBALS && path.length === 1 && offset === 0 ? path : [];
    });
  }

  #members(symbol: string, wanted: string) {
    return this.code.accesses(symbol, wanted).filter(({ path }) => path.length === 1);
  }
}

function offsetOf({ path }: { readonly path: readonly number[] }): number {
  return path.at(-1) ?? -1;
}

function addSize(sizes: Sizes, at: number, sizeBytes: number): void {
  sizes.set(at, (sizes.get(at) ?? new Set()).add(sizeBytes));
}
