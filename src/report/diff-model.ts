import type { Amount } from '../heap/garbage.js';
import type { SnapshotProcess } from './snapshot-model.js';

/** What changed from one snapshot to another: plain data. Counts and bytes are differences, of what shrank negative. */
export interface SnapshotDiff {
  readonly schema: 1;
  readonly before: SnapshotProcess;
  readonly after: SnapshotProcess;
  /** Between the two. */
  readonly seconds: number;
  readonly blocks: number;
  readonly bytes: number;
  /** By class and type: its own blocks. What grew most first, what shrank last. */
  readonly types: readonly TypeChange[];
  /** By root. */
  readonly holders: readonly HolderChange[];
  /** By way. */
  readonly paths: readonly PathChange[];
  /** Differences of each of them; together they are all of the heap's. */
  readonly reachable: Amount;
  readonly cycles: Amount;
  readonly kept: Amount;
  readonly orphans: Amount;
  readonly notes: readonly string[];
}

interface Change {
  readonly blocks: number;
  readonly bytes: number;
  /** What it is now. */
  readonly afterBlocks: number;
  readonly afterBytes: number;
}

export interface TypeChange extends Change {
  readonly type: string;
}

export interface HolderChange extends Change {
  readonly holder: string;
}

export interface PathChange extends Change {
  readonly holder: string;
  readonly path: string;
  /** What most of the memory is. */
  readonly type: string;
}
