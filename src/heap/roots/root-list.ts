import { EDGE, doubtOf } from '../edge-sink.js';
import type { EdgeSink, KindNumber } from '../edge-sink.js';
import type { GraphBuilder } from '../graph-builder.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { visitZval } from '../structures/zval.js';

/**
 * How well a root explains why something is alive, best first: what the program names and keeps, what a running
 * function has in a variable, what it was called with, the engine's own tables, what a function has in a temporary, and
 * of C: variables of PHP and its extensions, then memory of which only the address is known. Whatever a better root
 * reaches is explained by it.
 */
export const ROOT_RANK = {
  named: 0,
  variable: 1,
  argument: 2,
  engine: 3,
  temporary: 4,
  cVariable: 5,
  cMemory: 6,
} as const;
export type RootRank = (typeof ROOT_RANK)[keyof typeof ROOT_RANK];

/** The roots of a heap as edges of node 0, in order of rank. */
export class RootList {
  /** With the DOUBT that there is whether the root refers to it. */
  readonly nodes: number[] = [];
  readonly names: string[] = [];
  readonly ranks: number[] = [];

  constructor(private readonly builder: GraphBuilder) {}

  add(
    low: number,
    high: number,
    expected: KindNumber,
    rank: RootRank,
    name: string,
    doubt = doubtOf(expected, EDGE.root, 0),
  ): void {
    const node = this.builder.meet(low, high, expected);
    if (node !== 0) this.note((node | doubt) >>> 0, rank, name);
  }

  addAt(address: number, expected: KindNumber, rank: RootRank, name: string): void {
    this.add(address >>> 0, Math.floor(address / 2 ** 32), expected, rank, name);
  }

  /** A block that refers to what it does not keep. False where there is none. */
  addLeaf(address: number, rank: RootRank, name: string): boolean {
    const node = this.builder.leaf(address, NODE_KIND.internal);
    if (node === 0) return false;
    this.note(node, rank, name);
    return true;
  }

  /** What the zval at a word refers to, if it refers to anything; only then is the name asked for. */
  addZval(image: MemoryImage, at: number, rank: RootRank, nameOf: () => string): void {
    visitZval(image, at, this.sink(rank, nameOf), EDGE.root, 0);
  }

  /** A sink that makes a root of each edge; `nameOf` names it, undefined where it is none. */
  sink(rank: RootRank, nameOf: (named: number, name: number) => string | undefined): EdgeSink {
    return {
      edge: (low, high, expected, named, name) => {
        const text = nameOf(named, name);
        if (text !== undefined) this.add(low, high, expected, rank, text, doubtOf(expected, named, name));
      },
    };
  }

  private note(node: number, rank: RootRank, name: string): void {
    this.nodes.push(node);
    this.names.push(name);
    this.ranks.push(rank);
  }
}
