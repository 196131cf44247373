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
  /** What a snapshot follows, where it was derived before: it takes as long as all the rest, and not every trace needs it. */
  readonly offsets?: DerivedOffsets;
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
