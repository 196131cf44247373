import { BlockTable } from './blocks.js';
import { collectorOf } from './collector.js';
import type { WeighedPath } from './common-path.js';
import { duplicateStrings } from './duplicates.js';
import type { Duplicates } from './duplicates.js';
import { fragmentationOf } from './fragmentation.js';
import type { Fragmentation } from './fragmentation.js';
import { findGarbage } from './garbage.js';
import type { Garbage } from './garbage.js';
import { ImageGraph } from './graph.js';
import type { MemoryImage } from './image.js';
import { pathCensus } from './path-census.js';
import type { CountedPath } from './path-tree.js';
import { describePath } from './path-steps.js';
import { pathTo, shortestPaths } from './shortest-paths.js';
import { typeCensus } from './type-census.js';
import type { CountedType } from './type-census.js';
import { unexplainedCounts } from './unexplained-counts.js';

/** Everything that an image tells of its heap; each answer is worked out when it is first asked for, and kept. */
export class HeapAnalysis {
  private kept: {
    graph?: ImageGraph;
    lastEdges?: Uint32Array;
    garbage?: Garbage;
    paths?: CountedPath[];
    types?: CountedType[];
    duplicates?: Duplicates;
  } = {};

  private constructor(
    readonly image: MemoryImage,
    readonly blocks: BlockTable,
  ) {}

  /** @throws PhptraceError where the heap's books contradict themselves */
  static of(image: MemoryImage): HeapAnalysis {
    return new HeapAnalysis(image, BlockTable.walk(image));
  }

  get graph(): ImageGraph {
    return (this.kept.graph ??= ImageGraph.of(this.image, this.blocks));
  }

  /** The last edge of a shortest way to each block, as `shortestPaths` gives them. */
  get lastEdges(): Uint32Array {
    return (this.kept.lastEdges ??= shortestPaths(this.graph, this.graph.rootRanks));
  }

  get garbage(): Garbage {
    return (this.kept.garbage ??= findGarbage(this.graph, this.lastEdges, (nodes) =>
      unexplainedCounts(this.graph, nodes),
    ));
  }

  get paths(): readonly CountedPath[] {
    return (this.kept.paths ??= pathCensus(this.graph, this.lastEdges));
  }

  get types(): readonly CountedType[] {
    return (this.kept.types ??= typeCensus(this.graph));
  }

  /** The shortest way to a reachable block, in words. */
  wayTo(node: number): WeighedPath {
    const way = pathTo(node, this.lastEdges, this.graph.edgeStart) ?? [];
    return { ...describePath(this.graph, way), bytes: this.graph.sizes8[node]! * 8 };
  }

  /** Of the strings that waste most, at most `most`. */
  duplicates(most: number): Duplicates {
    const { duplicates } = this.kept;
    if (duplicates !== undefined && duplicates.strings.length >= Math.min(most, duplicates.contents)) return duplicates;
    return (this.kept.duplicates = duplicateStrings(this.graph, most));
  }

  get fragmentation(): Fragmentation {
    return fragmentationOf(this.blocks);
  }

  get collector(): ReturnType<typeof collectorOf> {
    return collectorOf(this.image);
  }
}
