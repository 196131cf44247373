import type { HeldRecord, HeldLoop } from '../trace/records.js';
import { HeapAnalysis } from './analysis.js';
import { commonPaths, pilingPath } from './common-path.js';
import { GARBAGE } from './garbage.js';
import type { ImageGraph } from './graph.js';
import { objectTableOf } from './engine-globals.js';
import { NODE_KIND } from './heap-graph.js';
import type { MemoryImage } from './image.js';
import { pathText } from './path-steps.js';
import { spread } from './spread.js';

/** A block that was live when the image was taken. */
export interface BornBlock {
  readonly address: number;
  readonly bytes: number;
  /** The loop of its birth. */
  readonly loop: number;
}

/** What holds a set of blocks. */
export type Holders = Omit<HeldRecord, 'type' | 'hook' | 'site' | 'outside' | 'alive'>;

/** So many ways are enough to see which is usual. */
const MOST_PATHS = 200;
const MOST_TYPES = 5;
/** A type of less than one in so many loops that another one comes from is left out. */
const SELDOM = 10;

interface BornNode {
  readonly node: number;
  readonly loop: number;
}

/** Finds what holds blocks in an image: the graph is made once, each question costs the blocks that are asked for. */
export class HolderFinder {
  readonly graph: ImageGraph;
  private readonly analysis: HeapAnalysis;
  private readonly objectTable: number;

  /** @throws PhptraceError where the heap's books contradict themselves */
  constructor(image: MemoryImage) {
    this.analysis = HeapAnalysis.of(image);
    this.graph = this.analysis.graph;
    this.objectTable = this.graph.nodeAt(objectTableOf(image));
  }

  /** Of these blocks, by their addresses in the process. */
  holdersOf(blocks: readonly BornBlock[]): Holders {
    const { bits } = this.analysis.garbage;
    const nodes = blocks.map(({ address }) => this.graph.nodeAt(address));
    const found = blocks.flatMap(({ loop }, i) => (nodes[i] === 0 ? [] : { node: nodes[i]!, loop }));
    const garbage = found.filter(({ node }) => bits[node] !== 0);
    // What a cycle shares with an orphan stays when the collector has run.
    const cycles = garbage.filter(({ node }) => (bits[node]! & GARBAGE.orphan) === 0);
    const reached = found.filter(({ node }) => bits[node] === 0);
    const kept = reached.filter(({ node }) => node !== this.objectTable);
    const objectTables = reached.length - kept.length;
    // That table is large, and says nothing of a line's other blocks.
    const telling = spread(kept.length > 0 ? kept : reached, MOST_PATHS);
    const common = pilingPath(telling.map(({ node, loop }) => ({ ...this.analysis.wayTo(node), loop })));
    return {
      blocks: nodes.length,
      reached: reached.length,
      cycle: cycles.length,
      orphan: garbage.length - cycles.length,
      missing: nodes.length - found.length,
      ...(objectTables > 0 ? { objectTables } : {}),
      holder: common?.holder ?? null,
      path: common === undefined ? null : pathText(common),
      types: this.typesOf(common === undefined ? found : common.ways.map((way) => telling[way]!)),
      garbageTypes: this.typesOf(cycles),
      loops: byLoop(blocks, nodes, bits),
    };
  }

  /** What holds one block, which is reached or not. */
  holderOf(address: number): Pick<Holders, 'holder' | 'path'> {
    const node = this.graph.nodeAt(address);
    if (node === 0 || this.analysis.garbage.bits[node] !== 0) return { holder: null, path: null };
    const [way] = commonPaths([this.analysis.wayTo(node)]);
    return way === undefined ? { holder: null, path: null } : { holder: way.holder, path: pathText(way) };
  }

  /**
   * Those that take most memory first. The elements of an array are part of it. A type of seldom a loop beside others
   * is no part of what piles up: an array that became longer, once, to take the others.
   */
  private typesOf(born: readonly BornNode[]): string[] {
    const types = new Map<string, { size8: number; loops: Set<number> }>();
    for (const { node, loop } of born) {
      const type = this.graph.kinds[node] === NODE_KIND.arrayData ? 'array' : this.graph.typeName(node);
      let of = types.get(type);
      if (of === undefined) types.set(type, (of = { size8: 0, loops: new Set() }));
      of.size8 += this.graph.sizes8[node]!;
      of.loops.add(loop);
    }
    const most = Math.max(...[...types.values()].map(({ loops }) => loops.size));
    return [...types]
      .filter(([, { loops }]) => SELDOM * loops.size >= most)
      .sort(([a, { size8: aSize }], [b, { size8: bSize }]) => bSize - aSize || (a < b ? -1 : 1))
      .map(([type]) => type)
      .slice(0, MOST_TYPES);
  }
}

/** What is reached and what is garbage, by the loop of birth. */
function byLoop(blocks: readonly BornBlock[], nodes: readonly number[], garbage: Uint8Array): HeldLoop[] {
  const loops = new Map<number, Mutable<HeldLoop>>();
  for (const [i, { loop, bytes }] of blocks.entries()) {
    const node = nodes[i]!;
    if (node === 0 || (garbage[node]! & GARBAGE.orphan) !== 0) continue;
    let born = loops.get(loop);
    if (born === undefined) loops.set(loop, (born = { loop, reached: 0, reachedBytes: 0, cycle: 0, cycleBytes: 0 }));
    if (garbage[node] === 0) {
      born.reached++;
      born.reachedBytes += bytes;
    } else {
      born.cycle++;
      born.cycleBytes += bytes;
    }
  }
  return [...loops.values()].sort((a, b) => a.loop - b.loop);
}

type Mutable<T> = { -readonly [member in keyof T]: T[member] };
