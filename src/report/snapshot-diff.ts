import type { HeapAnalysis } from '../heap/analysis.js';
import type { Amount, Garbage } from '../heap/garbage.js';
import { alignedPaths } from './align-paths.js';
import type { HolderChange, PathChange, SnapshotDiff, TypeChange } from './diff-model.js';
import { byHolder, describeImage } from './snapshot-report.js';

/** What changed from `before` to `after`, complete: nothing that changed is left out. */
export function diffSnapshots(before: HeapAnalysis, after: HeapAnalysis): SnapshotDiff {
  const [was, is] = [describeImage(before.image), describeImage(after.image)];
  const [pathsBefore, pathsAfter] = alignedPaths(before.paths, after.paths);
  const garbage = (pick: (garbage: Garbage) => Amount): Amount => difference(pick(before.garbage), pick(after.garbage));
  return {
    schema: 1,
    before: was,
    after: is,
    seconds: (Date.parse(is.takenAt) - Date.parse(was.takenAt)) / 1000,
    blocks: after.blocks.nodeCount - before.blocks.nodeCount,
    bytes: after.blocks.liveBytes - before.blocks.liveBytes,
    types: typeChanges(before, after),
    holders: changes(byHolder(before.paths), byHolder(after.paths), ({ holder }) => holder).map(
      ({ item: { holder }, ...change }): HolderChange => ({ holder, ...change }),
    ),
    paths: changes(pathsBefore, pathsAfter, ({ path }) => path).map(
      ({ item: { holder, path, type }, ...change }): PathChange => ({ holder, path, type, ...change }),
    ),
    reachable: difference(reachable(before), reachable(after)),
    cycles: garbage(({ cycle, cycleKeptByOrphan: kept }) => ({
      count: cycle.count - kept.count,
      bytes: cycle.bytes - kept.bytes,
    })),
    kept: garbage(({ cycleKeptByOrphan }) => cycleKeptByOrphan),
    orphans: garbage(({ orphan }) => orphan),
    notes: notesOn(was, is),
  };
}

function typeChanges(before: HeapAnalysis, after: HeapAnalysis): TypeChange[] {
  const sums = ({ types }: HeapAnalysis) =>
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

function reachable({ paths }: HeapAnalysis): Amount {
  return paths.reduce((sum, { blocks, bytes }) => ({ count: sum.count + blocks, bytes: sum.bytes + bytes }), {
    count: 0,
    bytes: 0,
  });
}

function difference(before: Amount, after: Amount): Amount {
  return { count: after.count - before.count, bytes: after.bytes - before.bytes };
}

function notesOn(before: SnapshotDiff['before'], after: SnapshotDiff['after']): string[] {
  const notes: string[] = [];
  if (before.pid !== after.pid) {
    notes.push(
      `these are two processes, ${String(before.pid)} and ${String(after.pid)}: what differs need not have grown`,
    );
  }
  if (before.buildId !== after.buildId || before.php !== after.php) {
    notes.push(
      `the first was taken of PHP ${before.php} and the second of PHP ${after.php}, or of another build of it`,
    );
  }
  if (Date.parse(after.takenAt) < Date.parse(before.takenAt)) notes.push('the first was taken after the second');
  return notes;
}
