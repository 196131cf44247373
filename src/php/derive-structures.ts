import { PhptraceError } from '../errors.js';
import type { CodeImage } from './code-image.js';
import { Disassembler } from './disassembly.js';
import { EngineCode } from './engine-code.js';
import type { EngineLayout } from './engine-layout.js';
import { BASIC_GLOBALS, COMPILER_GLOBALS, GlobalsReader } from './globals-reader.js';
import { ProofBook } from './layout-proof.js';
import type { LayoutProof } from './layout-proof.js';
import { ValueReader } from './value-reader.js';
import { StructureReader } from './structure-reader.js';
import { findThreadStorage } from './thread-storage.js';
import type { GlobalPlace } from './thread-storage.js';
import { structuresVersion } from './structure-versions.js';
import type { StructuresVersion } from './structure-versions.js';
import type { Structures } from './structures.js';

/** The address in the process of a structure of globals. */
export type PlaceInProcess = (place: GlobalPlace) => number;

/** What is the same in every process and thread of a build: all but the address of the collector's globals. */
export interface DerivedOffsets {
  readonly offsets: Omit<Structures, 'gcGlobals'>;
  /** Null where the code does not show it. */
  readonly gcGlobals: GlobalPlace | null;
  readonly proofs: readonly LayoutProof[];
}

export interface DerivedStructures {
  readonly structures: Structures;
  readonly proofs: readonly LayoutProof[];
}

/**
 * Derives the offsets that a snapshot follows from the machine code of exported functions, and takes from the table of
 * versions what they do not show. Where both exist and differ, the code wins and the proof says so.
 *
 * @throws PhptraceError for a minor version that the table lacks, and a field that code and table leave open
 */
export function deriveOffsets(image: CodeImage, engine: EngineLayout): DerivedOffsets {
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
    const code = new EngineCode(disassembler, findThreadStorage(disassembler), [COMPILER_GLOBALS, BASIC_GLOBALS]);
    return { ...offsetsOf(code, book, known, engine), proofs: book.proofs };
  } finally {
    disassembler.free();
  }
}

/** The same for one process, or one thread of it. */
export function placeStructures(derived: DerivedOffsets, placeInProcess: PlaceInProcess): DerivedStructures {
  const { offsets, gcGlobals, proofs } = derived;
  return { structures: { ...offsets, gcGlobals: gcGlobals === null ? null : placeInProcess(gcGlobals) }, proofs };
}

/** Both at once. @throws PhptraceError as `deriveOffsets` */
export function deriveStructures(
  image: CodeImage,
  engine: EngineLayout,
  placeInProcess: PlaceInProcess,
): DerivedStructures {
  return placeStructures(deriveOffsets(image, engine), placeInProcess);
}

function offsetsOf(
  code: EngineCode,
  book: ProofBook,
  known: StructuresVersion,
  engine: EngineLayout,
): Omit<DerivedOffsets, 'proofs'> {
  const globals = new GlobalsReader(code, book, known);
  const reader = new StructureReader(code, book, known, engine);
  const values = new ValueReader(code, book, known);
  const closure = reader.closure();
  const gcGlobals = globals.gcGlobals();
  const offsets = {
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
    resource: values.resource(),
    weakMap: values.weakMap(),
    shutdownFunctions: globals.shutdownFunctions(),
  };
  return { offsets, gcGlobals };
}
