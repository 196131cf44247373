import { numberOf } from './named-pid.js';
import type { HeapAnalysis } from '../heap/analysis.js';
import type { Amount } from '../heap/garbage.js';
import type { CountedPath } from '../heap/path-tree.js';
import type { CountedType } from '../heap/type-census.js';
import { alignedPaths } from './align-paths.js';
import type { HolderChange, PathChange, SnapshotDiff, TypeChange } from './diff-model.js';
import type { SnapshotProcess } from './snapshot-model.js';
import { byHolder, describeImage } from './snapshot-report.js';

/** What a comparison needs of a snapshot: small, while the copy and what was worked out of it take as much as the heap. */
export interface SnapshotTotals {
  readonly process: SnapshotProcess;
  readonly live: Amount;
  readonly paths: readonly CountedPath[];
  readonly types: readonly CountedType[];
  /** In cycles, cycles that are kept too, and orphans. */
  readonly cycle: Amount;
  readonly cycleKeptByOrphan: Amount;
  readonly orphan: Amount;
}

/** @throws PhptraceError where a heap contradicts itself */
export function totalsOf({ image, blocks, paths, types, garbage }: HeapAnalysis): SnapshotTotals {
  const { cycle, cycleKeptByOrphan, orphan } = garbage;
  const live = { count: blocks.nodeCount - 1, bytes: blocks.liveBytes };
  return { process: describeImage(image), live, paths, types, cycle, cycleKeptByOrphan, orphan };
}

/** What changed from `before` to `after`, complete: nothing that changed is left out. */
export function diffTotals(before: SnapshotTotals, after: SnapshotTotals): SnapshotDiff {
  const [was, is] = [before.process, after.process];
  const [pathsBefore, pathsAfter] = alignedPaths(before.paths, after.paths);
  const change = (pick: (totals: SnapshotTotals) => Amount): Amount => difference(pick(before), pick(after));
  const live = change((totals) => totals.live);
  return {
    schema: 1,
    before: was,
    after: is,
    seconds: (Date.parse(is.takenAt) - Date.parse(was.takenAt)) / 1000,
    blocks: live.count,
    bytes: live.bytes,
    types: typeChanges(before, after),
    holders: changes(byHolder(before.paths), byHolder(after.paths), ({ holder }) => holder).map(
      ({ item: { holder }, ...change }): HolderChange => ({ holder, ...change }),
    ),
    paths: changes(pathsBefore, pathsAfter, ({ path }) => path).map(
      ({ item: { holder, path, type }, ...change }): PathChange => ({ holder, path, type, ...change }),
    ),
    reachable: change(reachable),
    cycles: change(({ cycle, cycleKeptByOrphan: kept }) => difference(kept, cycle)),
    kept: change(({ cycleKeptByOrphan }) => cycleKeptByOrphan),
    orphans: change(({ orphan }) => orphan),
    notes: notesOn(was, is),
  };
}

function typeChanges(before: SnapshotTotals, after: SnapshotTotals): TypeChange[] {
  const sums = ({ types }: SnapshotTotals) =>
    types.map(({ type, blocks, shallowBytes }) => ({ type, blocks, bytes: shallowBytes }));
  return changes(sums(before), sums(after), ({ type }) => type).map(({ item: { type }, ...change }) => ({
    type,
    ...change,
  }));
}

interface Counted {
  readonly blocks: number;
  readonly bytes: number;
}

/** Pairs by key; those that did not change are left out. Equal keys of one side count together. */
function changes<T extends Counted>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string) {
  const pairs = new Map<string, { item: T; blocks: number; bytes: number; afterBlocks: number; afterBytes: number }>();
  const add = (item: T, sign: 1 | -1): void => {
    const key = keyOf(item);
    let pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, (pair = { item, blocks: 0, bytes: 0, afterBlocks: 0, afterBytes: 0 }));
    pair.blocks += sign * item.blocks;
    pair.bytes += sign * item.bytes;
    if (sign === -1) return;
    pair.afterBlocks += item.blocks;
    pair.afterBytes += item.bytes;
  };
  for (const item of after) add(item, 1);
  for (const item of before) add(item, -1);
  return [...pairs.values()]
    .filter(({ blocks, bytes }) => blocks !== 0 || bytes !== 0)
    .sort((a, b) => b.bytes - a.bytes || b.blocks - a.blocks);
}

function reachable({ paths }: SnapshotTotals): Amount {
  return paths.reduce((sum, { blocks, bytes }) => ({ count: sum.count + blocks, bytes: sum.bytes + bytes }), {
    count: 0,
    bytes: 0,
  });
}

function difference(before: Amount, after: Amount): Amount {
  return { count: after.count - before.count, bytes: after.bytes - before.bytes };
}

function notesOn(before: SnapshotProcess, after: SnapshotProcess): string[] {
  const notes: string[] = [];
  if (before.pid !== after.pid) {
    notes.push(
      `these are two processes, ${String(before.pid)} and ${String(after.pid)}: what differs need not have grown`,
    );
  } else if (numberOf(before) !== numberOf(after)) {
    const named = [before, after].map((one) => String(numberOf(one)));
    notes.push(`these are two threads, ${named.join(' and ')}: what differs need not have grown`);
  }
  if (before.buildId !== after.buildId || before.php !== after.php) {
    notes.push(
      `the first was taken of PHP ${before.php} and the second of PHP ${after.php}, or of another build of it`,
    );
  }
  if (Date.parse(after.takenAt) < Date.parse(before.takenAt)) notes.push('the first was taken after the second');
  return notes;
}
