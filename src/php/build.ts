import { allocatorCode } from './allocator-code.js';
import type { CodeImage, FunctionBounds } from './code-image.js';
import { deriveOffsets } from './derive-structures.js';
import type { DerivedOffsets } from './derive-structures.js';
import type { Disassembler } from './disassembly.js';
import { deriveEngineLayout } from './engine-layout.js';
import type { EngineLayout } from './engine-layout.js';
import { deriveHeapLayout } from './heap-layout.js';
import type { HeapLayout } from './heap-layout.js';
import { findOplinePlace } from './opline-place.js';
import type { OplinePlace } from './opline-place.js';
import { findProbeSites } from './probe-sites.js';
import type { ProbeSites } from './probe-sites.js';

/** What is derived of a PHP binary, the same for every process that runs it. Addresses are the ELF file's. */
export interface PhpBuild {
  /** `8.2.36`. */
  readonly version: string;
  readonly sites: ProbeSites;
  readonly heap: HeapLayout;
  readonly layout: EngineLayout;
  readonly oplineIn: OplinePlace;
  /** Present where it was derived before: it takes as long as all the rest, and not every trace needs it. */
  readonly forSnapshots?: SnapshotBuild;
}

/** What snapshots need beside. */
export interface SnapshotBuild {
  readonly offsets: DerivedOffsets;
  /** As `allocatorCode` gives it. */
  readonly allocator: readonly FunctionBounds[];
}

/**
 * Derives all of it from the machine code.
 * @param version as `detectVersion` tells it
 * @throws PhptraceError that names what could not be proven
 */
export function deriveBuild(disassembler: Disassembler, version: string): PhpBuild {
  const layout = deriveEngineLayout(disassembler, version);
  const sites = findProbeSites(disassembler);
  const heap = deriveHeapLayout(disassembler, sites);
  const oplineIn = findOplinePlace(disassembler, sites.storage, layout.executeData.opline);
  return { version, sites, heap, layout, oplineIn };
}

/** Derives what snapshots need. @throws PhptraceError as `deriveOffsets` */
export function deriveForSnapshots(
  image: CodeImage & { symbolNames(): string[] },
  { layout, sites }: PhpBuild,
): SnapshotBuild {
  return { offsets: deriveOffsets(image, layout), allocator: allocatorCode(image, sites) };
}
