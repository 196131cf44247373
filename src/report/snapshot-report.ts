import type { HeapAnalysis } from '../heap/analysis.js';
import type { GarbageCause } from '../heap/garbage.js';
import { NODE_KIND } from '../heap/heap-graph.js';
import type { MemoryImage } from '../heap/image.js';
import { describePath, pathText } from '../heap/path-steps.js';
import type { CountedPath } from '../heap/path-tree.js';
import { pathTo } from '../heap/shortest-paths.js';
import { stringFacts, stringText } from '../heap/string-content.js';
import { explainWhy } from '../heap/why.js';
import type {
  HeldBy,
  SnapshotCause,
  SnapshotDuplicates,
  SnapshotGarbage,
  SnapshotProcess,
  SnapshotReport,
  SnapshotReportOptions,
} from './snapshot-model.js';
import { traceeOf } from './named-pid.js';
import { snapshotNotes } from './snapshot-notes.js';

const TOP = 20;
const MOST_DUPLICATES = 10;
const MOST_TYPES = 3;
/** Of so many causes of garbage those that are alike are found. */
const MOST_CAUSES = 10_000;
/** Bytes of a string that are shown where contents are. */
const TEXT_BYTES = 200;

/** @throws PhptraceError where nothing is there of what `why` asks for */
export function buildSnapshotReport(analysis: HeapAnalysis, options: SnapshotReportOptions = {}): SnapshotReport {
  const { blocks, types, paths } = analysis;
  const { top = TOP, strings = false } = options;
  // First: it fails where the name is wrong.
  const why = whyOf(analysis, options.why, strings, top);
  const others = paths.slice(top);
  const otherTypes = types.slice(top);
  return {
    schema: 1,
    process: describeImage(analysis.image),
    heap: {
      liveBytes: blocks.liveBytes,
      blocks: blocks.nodeCount - 1,
      reachable: { count: sumOf(paths, 'blocks'), bytes: sumOf(paths, 'bytes') },
    },
    paths: paths.slice(0, top).map(({ holder, path, type, blocks, bytes }) => ({ holder, path, type, blocks, bytes })),
    otherPaths: { paths: others.length, blocks: sumOf(others, 'blocks'), bytes: sumOf(others, 'bytes') },
    holders: byHolder(paths).slice(0, top),
    types: types.slice(0, top),
    otherTypes: {
      types: otherTypes.length,
      blocks: sumOf(otherTypes, 'blocks'),
      shallowBytes: sumOf(otherTypes, 'shallowBytes'),
    },
    garbage: garbageOf(analysis, top),
    duplicates: duplicatesOf(analysis, strings),
    fragmentation: analysis.fragmentation,
    why,
    notes: snapshotNotes(analysis),
  };
}

export function describeImage({ header }: MemoryImage): SnapshotProcess {
  const { pid, innerPid, thread, php, sapi, command, buildId, takenAt, pauseNs } = header;
  const inner = innerPid === undefined ? {} : { innerPid };
  return { ...traceeOf({ pid, thread }), ...inner, php, sapi, command, buildId, takenAt, pauseMs: pauseNs / 1e6 };
}

/** Sums of all ways from each root, the biggest first. */
export function byHolder(paths: readonly CountedPath[]): HeldBy[] {
  const sums = new Map<string, { holder: string; blocks: number; bytes: number }>();
  for (const { holder, blocks, bytes } of paths) {
    const sum = sums.get(holder) ?? { holder, blocks: 0, bytes: 0 };
    sum.blocks += blocks;
    sum.bytes += bytes;
    sums.set(holder, sum);
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}

function garbageOf(analysis: HeapAnalysis, most: number): SnapshotGarbage {
  const { garbage } = analysis;
  const { cycle, cycleKeptByOrphan: kept, orphan, causeCount } = garbage;
  const causes = alike(garbage.largestCauses(MOST_CAUSES).map((cause) => causeOf(analysis, cause))).slice(0, most);
  return {
    cycles: { count: cycle.count - kept.count, bytes: cycle.bytes - kept.bytes },
    kept,
    orphans: orphan,
    causes,
    otherCauses: causeCount - causes.reduce((sum, { count }) => sum + count, 0),
    collector: analysis.collector,
  };
}

/** Causes of one kind, size and type are one, with a count; those that retain most together come first. */
export function alike(causes: readonly SnapshotCause[]): SnapshotCause[] {
  const groups = new Map<string, SnapshotCause>();
  for (const cause of causes) {
    const { kind, blocks, retainedBytes, types, count } = cause;
    const key = JSON.stringify([kind, blocks, retainedBytes, types]);
    const met = groups.get(key);
    groups.set(key, met === undefined ? cause : { ...met, count: met.count + count });
  }
  const together = ({ count, retainedBytes }: SnapshotCause): number => count * retainedBytes;
  return [...groups.values()].sort((a, b) => together(b) - together(a));
}

function causeOf({ graph }: HeapAnalysis, { kind, nodes, retainedBytes }: GarbageCause): SnapshotCause {
  const sizes = new Map<string, number>();
  for (const node of nodes) {
    const type = graph.kinds[node] === NODE_KIND.arrayData ? 'array' : graph.typeName(node);
    sizes.set(type, (sizes.get(type) ?? 0) + graph.sizes8[node]!);
  }
  const types = [...sizes].sort(([, a], [, b]) => b - a).map(([type]) => type);
  return {
    kind,
    count: 1,
    blocks: nodes.length,
    retainedBytes,
    types: types.slice(0, MOST_TYPES),
    address: `0x${graph.addressOf(nodes[0]!).toString(16)}`,
  };
}

function duplicatesOf(analysis: HeapAnalysis, strings: boolean): SnapshotDuplicates {
  const { graph } = analysis;
  const { contents, wastedBytes, strings: worst } = analysis.duplicates(MOST_DUPLICATES);
  return {
    contents,
    wastedBytes,
    strings: worst.map(({ node, ...duplicate }) => ({
      ...duplicate,
      path: pathOf(analysis, node),
      text: strings ? stringText(graph, node, TEXT_BYTES) : null,
    })),
  };
}

function pathOf({ graph, lastEdges }: HeapAnalysis, node: number): string | null {
  const way = pathTo(node, lastEdges, graph.edgeStart);
  return way === null ? null : pathText(describePath(graph, way));
}

function whyOf(
  analysis: HeapAnalysis,
  asked: string | undefined,
  strings: boolean,
  top: number,
): SnapshotReport['why'] {
  if (asked === undefined) return null;
  const { graph } = analysis;
  const found = explainWhy(analysis, asked);
  const why = { ...found, paths: found.paths.slice(0, top), otherPaths: Math.max(0, found.paths.length - top) };
  const isBlock = why.asked.startsWith('0x');
  const node = isBlock ? graph.nodeAt(Number(why.asked)) : 0;
  if (graph.kinds[node] !== NODE_KIND.string) return { ...why, content: null };
  const text = strings ? stringText(graph, node, TEXT_BYTES) : null;
  return { ...why, content: { ...stringFacts(graph, node), text } };
}

function sumOf<K extends string>(list: readonly Readonly<Record<K, number>>[], key: K): number {
  return list.reduce((sum, item) => sum + item[key], 0);
}
