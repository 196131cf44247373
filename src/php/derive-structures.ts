import { PhptraceError } from '../errors.js';
import { requiredSymbol } from './code-image.js';
import type { CodeImage } from './code-image.js';
import { Disassembler } from './disassembly.js';
import { EngineCode, GLOBALS } from './engine-code.js';
import type { EngineLayout } from './engine-layout.js';
import { BASIC_GLOBALS, COMPILER_GLOBALS, GlobalsReader } from './globals-reader.js';
import { ProofBook } from './layout-proof.js';
import type { LayoutProof } from './layout-proof.js';
import { ValueReader } from './value-reader.js';
import { StructureReader } from './structure-reader.js';
import { structuresVersion } from './structure-versions.js';
import type { StructuresVersion } from './structure-versions.js';
import type { Structures } from './structures.js';

export interface DerivedStructures {
  readonly structures: Structures;
  readonly proofs: readonly LayoutProof[];
}

/**
 * Derives the offsets that a snapshot follows from the machine code of exported functions, and takes from the table of
 * versions what they do not show. Where both exist and differ, the code wins and the proof says so.
 *
 * @param loadBias what is added to an address of the ELF file to get one of the process
 * @throws PhptraceError for a minor version that the table lacks, and a field that code and table leave open
 */
export function deriveStructures(image: CodeImage, engine: EngineLayout, loadBias: number): DerivedStructures {
  const known = structuresVersion(engine.version);
  if (known === undefined) {
    throw new PhptraceError(
      `${image.name}: what objects of PHP ${engine.version} hold is not known: add a row to ` +
        'src/php/structure-versions.ts, see docs/',
    );
  }
  const book = new ProofBook(`${image.name}: PHP ${engine.version}`);
  const disassembler = new Disassembler(image);
  try {
    const code = new EngineCode(disassembler, requiredSymbol(image, GLOBALS), [COMPILER_GLOBALS, BASIC_GLOBALS]);
    return { structures: structuresOf(code, book, known, engine, loadBias), proofs: book.proofs };
  } finally {
    disassembler.free();
  }
}

function structuresOf(
  code: EngineCode,
  book: ProofBook,
  known: StructuresVersion,
  engine: EngineLayout,
  loadBias: number,
): Structures {
  const globals = new GlobalsReader(code, book, known);
  const reader = new StructureReader(code, book, known, engine);
  const values = new ValueReader(code, book, known);
  const closure = reader.closure();
  const gcGlobals = globals.gcGlobals();
  return {
    eg: globals.executor(),
    cg: globals.compiler(),
    opArray: reader.opArray(reader.opArrayBytes(closure)),
    classEntry: reader.classEntry(),
    propertyInfo: reader.propertyInfo(),
    closure,
    generator: reader.generator(),
    fiber: reader.fiber(),
    mapPtr: values.mapPtr(),
    indirectType: values.indirectType(),
    gcGlobals: gcGlobals === null ? null : gcGlobals + loadBias,
    resource: values.resource(),
    weakMap: values.weakMap(),
    shutdownFunctions: globals.shutdownFunctions(),
  };
}
