import type { Duplicates } from '../heap/duplicates.js';
import type { Fragmentation } from '../heap/fragmentation.js';
import type { Amount, GarbageCause } from '../heap/garbage.js';
import type { CountedType } from '../heap/type-census.js';
import type { Why } from '../heap/why.js';
import type { Collector } from '../trace/records.js';
import type { Tracee } from './named-pid.js';

/** What is in a PHP heap, finished: plain data, which serialises to JSON as it is. Sizes in bytes. */
export interface SnapshotReport {
  readonly schema: 1;
  readonly process: SnapshotProcess;
  readonly heap: SnapshotHeap;
  /** The ways by which most memory is held. Each block counts for one way, its shortest. */
  readonly paths: readonly HeldPath[];
  /** All other ways together. */
  readonly otherPaths: { readonly paths: number; readonly blocks: number; readonly bytes: number };
  /** Roots, by what is held through each. */
  readonly holders: readonly HeldBy[];
  readonly types: readonly CountedType[];
  readonly otherTypes: { readonly types: number; readonly blocks: number; readonly shallowBytes: number };
  readonly garbage: SnapshotGarbage;
  readonly duplicates: SnapshotDuplicates;
  readonly fragmentation: Fragmentation;
  /** What `why` asked for; null where it did not. */
  readonly why: (Why & { readonly otherPaths: number; readonly content: StringContent | null }) | null;
  readonly notes: readonly string[];
}

export interface SnapshotProcess extends Tracee {
  /** The pid that it has for itself, where that is another: in a container. */
  readonly innerPid?: number;
  readonly php: string;
  readonly sapi: string;
  readonly command: string;
  readonly buildId: string | null;
  /** ISO 8601. */
  readonly takenAt: string;
  /** How long the process stood still. */
  readonly pauseMs: number;
}

export interface SnapshotHeap {
  /** All live blocks: what memory_get_usage() says, and what PHP counts itself. */
  readonly liveBytes: number;
  readonly blocks: number;
  readonly reachable: Amount;
}

export interface HeldPath {
  /** The root: `static AuditTrail::$entries`. */
  readonly holder: string;
  /** Root and steps: `static AuditTrail::$entries → [*] → 'body'`. */
  readonly path: string;
  /** What most of the memory is. */
  readonly type: string;
  readonly blocks: number;
  readonly bytes: number;
}

export interface HeldBy {
  readonly holder: string;
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks that no root reaches. */
export interface SnapshotGarbage {
  /** Cycles and what hangs on them: PHP's collector takes these. */
  readonly cycles: Amount;
  /** Cycles that a reference count keeps which nothing explains, and what hangs on them. */
  readonly kept: Amount;
  /** Blocks that nothing refers to, and what hangs on them. */
  readonly orphans: Amount;
  /** What starts them, those that are alike counted as one; those first that retain most together. */
  readonly causes: readonly SnapshotCause[];
  readonly otherCauses: number;
  /** Null where its state was not found. */
  readonly collector: Collector | null;
}

export interface SnapshotCause {
  readonly kind: GarbageCause['kind'];
  /** How many are alike: the rest is of one of them. */
  readonly count: number;
  /** Blocks of the cycle; 1 for an orphan. */
  readonly blocks: number;
  readonly retainedBytes: number;
  /** Classes and types of these blocks, those with most memory first. */
  readonly types: readonly string[];
  /** Of one of them, for `why`. */
  readonly address: string;
}

export interface SnapshotDuplicates extends Omit<Duplicates, 'strings'> {
  /** The worst. */
  readonly strings: readonly (Omit<Duplicates['strings'][number], 'node'> & {
    /** What holds one of them; null where nothing does. */
    readonly path: string | null;
    /** Null unless contents were asked for. */
    readonly text: string | null;
  })[];
}

export interface StringContent {
  readonly lengthBytes: number;
  readonly hash: string;
  /** Null unless contents were asked for. */
  readonly text: string | null;
}

export interface SnapshotReportOptions {
  /** How many entries each list has. Default 20. */
  readonly top?: number;
  /** Whether contents of strings appear. Default false: length and hash. Keys and names of properties always do. */
  readonly strings?: boolean;
  /** A class or type, or the address of a block (`0x7f…`): what holds it. */
  readonly why?: string;
}
