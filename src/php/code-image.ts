import { PhptraceError } from '../errors.js';

/** A symbol of the dynamic or the full symbol table. The address is the ELF file's virtual address. */
export interface CodeSymbol {
  readonly address: number;
  readonly sizeBytes: number;
}

/** The first address of a function (or of its `.cold` part) and the address past its last byte. */
export interface FunctionBounds {
  readonly start: number;
  readonly end: number;
}

/**
 * What the probe-site finder and the layout derivation need to know of a binary. `ElfFile` gives it from a file, the
 * tests from a few functions cut out of one. Every address is a virtual address as it stands in the ELF file.
 */
export interface CodeImage {
  /** What errors call this binary, usually its path. */
  readonly name: string;
  symbol(name: string): CodeSymbol | undefined;
  /** The symbol whose address the dynamic linker writes into the word at `address`, if it does. */
  slotSymbol(address: number): string | undefined;
  /** The symbol that the stub at `address` goes on to, if it is one of the procedure linkage table. */
  stubSymbol(address: number): string | undefined;
  /** The bytes as they stand in the file; throws PhptraceError where the file has none. */
  read(address: number, lengthBytes: number): Uint8Array;
  /** Bounds of the function that holds `address`; throws PhptraceError where none does. */
  bounds(address: number): FunctionBounds;
}

/** The symbol, or a PhptraceError that says what its absence means. */
export function requiredSymbol(image: CodeImage, name: string): CodeSymbol {
  const symbol = image.symbol(name);
  if (symbol !== undefined) return symbol;
  throw new PhptraceError(
    `${image.name} has no symbol ${name}: it is no PHP, or PHP was linked without exported symbols; ` +
      `use a build whose dynamic symbol table has it`,
  );
}
