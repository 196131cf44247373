import { BlockTable } from './blocks.js';
import { settleDoubts } from './doubts.js';
import { EdgeNames, typeNameOf, typeNameOfKind } from './edge-names.js';
import type { EdgeSink } from './edge-sink.js';
import { GraphBuilder } from './graph-builder.js';
import { NODE_KIND } from './heap-graph.js';
import type { EdgeName, HeapGraph } from './heap-graph.js';
import { HeapView } from './heap-view.js';
import type { MemoryImage } from './image.js';
import { followRoots } from './roots/collect.js';
import { classEntryAt } from './structures/object.js';
import { visitBlock } from './visit-block.js';

/** Numbers of types below this are kinds. */
const FIRST_CLASS = 16;

/** The graph of an image's heap. */
export class ImageGraph implements HeapGraph {
  readonly nodeCount: number;
  readonly sizes8: Uint32Array;
  readonly kinds: Uint8Array;
  readonly edgeStart: Uint32Array;
  readonly edgeTo: Uint32Array;
  /** ROOT_RANK of each edge of node 0, ascending. */
  readonly rootRanks: Uint8Array;
  private readonly rootNames: readonly string[];
  private readonly names: EdgeNames;
  private readonly classNumbers = new Map<number, number>();
  private readonly classNames: string[] = [];

  private constructor(
    readonly view: HeapView,
    private readonly builder: GraphBuilder,
  ) {
    const found = followRoots(view, builder);
    const { blocks } = view;
    this.nodeCount = blocks.nodeCount;
    this.sizes8 = blocks.sizes8;
    this.kinds = builder.kinds;
    const { edgeStart, edgeTo, roots } = settleDoubts(this, builder.assemble(found.nodes));
    this.edgeStart = edgeStart;
    this.edgeTo = edgeTo;
    this.rootRanks = Uint8Array.from(roots, (root) => found.ranks[root]!);
    this.rootNames = Array.from(roots, (root) => found.names[root]!);
    this.names = new EdgeNames(view, builder, this);
  }

  /** @throws PhptraceError where the heap's books contradict themselves */
  static of(image: MemoryImage, blocks = BlockTable.walk(image)): ImageGraph {
    const view = new HeapView(image, blocks);
    return new ImageGraph(view, new GraphBuilder(view));
  }

  /** The block that holds an address of the process; 0 where none does. */
  nodeAt(address: number): number {
    return this.view.blocks.findAt(address);
  }

  typeName(node: number): string {
    return typeNameOf(this.view, this.builder, node);
  }

  edgeName(node: number, edge: number): EdgeName {
    return node === 0 ? { kind: 'root', name: this.rootNames[edge]! } : this.names.of(node, edge);
  }

  /** Tells a sink of the pointers of a block, in the order of its edges; some may be no edge, being stale. */
  visit(node: number, sink: EdgeSink): void {
    visitBlock(this.view, node, this.kinds[node]!, this.builder.inner8[node]!, sink);
  }

  /** Where the header of what is counted (zend_refcounted) lies: in an extension's object it is not the first word. */
  headerWord(node: number): number {
    return this.view.blocks.words[node]! + this.builder.inner8[node]! * 2;
  }

  /** A number for what a node is: equal for nodes of the same kind and class. `typeText` has its name. */
  typeNumber(node: number): number {
    const kind = this.kinds[node]!;
    if (kind !== NODE_KIND.object) return kind;
    const entry = classEntryAt(this.view.image, this.headerWord(node));
    let number = this.classNumbers.get(entry);
    if (number === undefined) {
      number = FIRST_CLASS + this.classNames.push(this.typeName(node)) - 1;
      this.classNumbers.set(entry, number);
    }
    return number;
  }

  /** As `typeName` calls the nodes of that number. */
  typeText(number: number): string {
    return number < FIRST_CLASS ? typeNameOfKind(number) : (this.classNames[number - FIRST_CLASS] ?? '(object)');
  }

  /** The name of a declared property of an object. */
  propertyText(node: number, slot: number): string {
    return this.names.propertyName(node, slot);
  }

  /** The text of a zend_string that is a name. */
  nameText(zendString: number): string {
    return this.names.text(zendString);
  }

  addressOf(node: number): number {
    return this.view.blocks.addressOf(node);
  }
}
