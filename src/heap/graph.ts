import { BlockTable } from './blocks.js';
import { EdgeNames, typeNameOf } from './edge-names.js';
import { GraphBuilder } from './graph-builder.js';
import type { EdgeName, HeapGraph } from './heap-graph.js';
import { HeapView } from './heap-view.js';
import type { MemoryImage } from './image.js';
import { followRoots } from './roots/collect.js';
import type { RootList } from './roots/root-list.js';

/** The graph of an image's heap. */
export class ImageGraph implements HeapGraph {
  readonly nodeCount: number;
  readonly sizes8: Uint32Array;
  readonly kinds: Uint8Array;
  readonly edgeStart: Uint32Array;
  readonly edgeTo: Uint32Array;
  /** ROOT_RANK of each edge of node 0, ascending. */
  readonly rootRanks: Uint8Array;
  private readonly names: EdgeNames;

  private constructor(
    readonly view: HeapView,
    private readonly builder: GraphBuilder,
    private readonly roots: RootList,
  ) {
    const { blocks } = view;
    this.nodeCount = blocks.nodeCount;
    this.sizes8 = blocks.sizes8;
    this.kinds = builder.kinds;
    const { edgeStart, edgeTo } = builder.assemble(roots.nodes);
    this.edgeStart = edgeStart;
    this.edgeTo = edgeTo;
    this.rootRanks = Uint8Array.from(roots.ranks);
    this.names = new EdgeNames(view, builder, this);
  }

  /** @throws PhptraceError where the heap's books contradict themselves */
  static of(image: MemoryImage): ImageGraph {
    const view = new HeapView(image, BlockTable.walk(image));
    const builder = new GraphBuilder(view);
    return new ImageGraph(view, builder, followRoots(view, builder));
  }

  /** The block that holds an address of the process; 0 where none does. */
  nodeAt(address: number): number {
    return this.view.blocks.findAt(address);
  }

  typeName(node: number): string {
    return typeNameOf(this.view, this.builder, node);
  }

  edgeName(node: number, edge: number): EdgeName {
    return node === 0 ? { kind: 'root', name: this.roots.names[edge]! } : this.names.of(node, edge);
  }

  addressOf(node: number): number {
    return this.view.blocks.addressOf(node);
  }
}
