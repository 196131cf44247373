import type { HeldRecord } from '../trace/records.js';
import { HeapAnalysis } from './analysis.js';
import { commonPaths } from './common-path.js';
import { GARBAGE } from './garbage.js';
import type { ImageGraph } from './graph.js';
import { NODE_KIND } from './heap-graph.js';
import type { MemoryImage } from './image.js';
import { pathText } from './path-steps.js';
import { spread } from './spread.js';

/** What holds a set of blocks. */
export type Holders = Pick<
  HeldRecord,
  'blocks' | 'reached' | 'cycle' | 'orphan' | 'missing' | 'holder' | 'path' | 'types'
>;

/** So many ways are enough to see which is usual. */
const MOST_PATHS = 200;
const MOST_TYPES = 5;

/** Finds what holds blocks in an image: the graph is made once, each question costs the blocks that are asked for. */
export class HolderFinder {
  readonly graph: ImageGraph;
  private readonly analysis: HeapAnalysis;

  /** @throws PhptraceError where the heap's books contradict themselves */
  constructor(image: MemoryImage) {
    this.analysis = HeapAnalysis.of(image);
    this.graph = this.analysis.graph;
  }

  /** Of the blocks at these addresses of the process. */
  holdersOf(addresses: readonly number[]): Holders {
    const { bits } = this.analysis.garbage;
    const nodes = addresses.map((address) => this.graph.nodeAt(address));
    const found = nodes.filter((node) => node !== 0);
    const garbage = found.filter((node) => bits[node] !== 0);
    // What a cycle shares with an orphan stays when the collector has run.
    const cycle = garbage.filter((node) => (bits[node]! & GARBAGE.orphan) === 0).length;
    const reached = found.filter((node) => bits[node] === 0);
    const [common] = commonPaths(spread(reached, MOST_PATHS).map((node) => this.analysis.wayTo(node)));
    return {
      blocks: nodes.length,
      reached: reached.length,
      cycle,
      orphan: garbage.length - cycle,
      missing: nodes.length - found.length,
      holder: common?.holder ?? null,
      path: common === undefined ? null : pathText(common),
      types: this.typesOf(found),
    };
  }

  /** The elements of an array are part of it. */
  private typesOf(nodes: readonly number[]): string[] {
    const sizes = new Map<string, number>();
    for (const node of nodes) {
      const type = this.graph.kinds[node] === NODE_KIND.arrayData ? 'array' : this.graph.typeName(node);
      sizes.set(type, (sizes.get(type) ?? 0) + this.graph.sizes8[node]!);
    }
    const types = [...sizes].sort(([a, aSize], [b, bSize]) => bSize - aSize || (a < b ? -1 : 1)).map(([type]) => type);
    return types.slice(0, MOST_TYPES);
  }
}
