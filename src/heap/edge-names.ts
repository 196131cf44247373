import { EDGE, INTERNAL_NAMES } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import type { GraphBuilder } from './graph-builder.js';
import { NODE_KIND } from './heap-graph.js';
import type { EdgeName, HeapGraph } from './heap-graph.js';
import type { HeapView } from './heap-view.js';
import { classAt } from './structures/object.js';
import { readName } from './structures/strings.js';
import { visitBlock } from './visit-block.js';

/**
 * Names of edges, found out by reading the block that they leave once more. The edges of the block that was asked for
 * last are kept, so that asking for all edges of a block in turn costs one reading.
 */
export class EdgeNames {
  private node = 0;
  private readonly named: number[] = [];
  private readonly name: number[] = [];

  constructor(
    private readonly view: HeapView,
    private readonly builder: GraphBuilder,
    private readonly edges: Pick<HeapGraph, 'edgeStart' | 'edgeTo'>,
  ) {}

  /** The name of an edge, by its index in edgeTo. */
  of(node: number, edge: number): EdgeName {
    if (node !== this.node) this.read(node);
    const index = edge - this.edges.edgeStart[node]!;
    const [named = EDGE.internal, name = 0] = [this.named[index], this.name[index]];
    switch (named) {
      case EDGE.property:
        return { kind: 'property', name: this.propertyName(node, name) };
      case EDGE.dynamicProperty:
        return { kind: 'dynamicProperty', name: this.text(name) };
      case EDGE.index:
        return { kind: 'element', name: String(name) };
      case EDGE.key:
        return { kind: 'element', name: `'${this.text(name)}'` };
      case EDGE.variable:
        return { kind: 'variable', name: this.text(name) };
      default:
        return { kind: 'internal', name: INTERNAL_NAMES[name] ?? '(content)' };
    }
  }

  /** The pointers of a block come in the order of its edges; one that was no edge, being stale, is passed over. */
  private read(node: number): void {
    const { view, builder } = this;
    const { edgeStart, edgeTo } = this.edges;
    this.node = node;
    this.named.length = 0;
    this.name.length = 0;
    let edge = edgeStart[node]!;
    const end = edgeStart[node + 1]!;
    const sink: EdgeSink = {
      edge: (low, high, _expected, named, name) => {
        if (edge === end || view.blocks.find(low, high) !== edgeTo[edge]) return;
        edge++;
        this.named.push(named);
        this.name.push(name);
      },
    };
    visitBlock(view, node, builder.kinds[node]!, builder.inner8[node]!, sink);
  }

  private propertyName(node: number, slot: number): string {
    const { view, builder } = this;
    const info = classAt(view, view.blocks.words[node]! + builder.inner8[node]! * 2);
    return info?.propertyName(slot) ?? String(slot);
  }

  private text(zendString: number): string {
    return readName(this.view.image, zendString) ?? '?';
  }
}

/** `string`, `array`, `App\User`, `(code)`: what a node is to a PHP programmer. */
export function typeNameOf(view: HeapView, { kinds, inner8 }: GraphBuilder, node: number): string {
  const kind = kinds[node]!;
  if (kind === NODE_KIND.object) {
    return classAt(view, view.blocks.words[node]! + inner8[node]! * 2)?.name ?? '(object)';
  }
  return TYPE_NAMES.get(kind) ?? '(unknown)';
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [NODE_KIND.root, '(root)'],
  [NODE_KIND.string, 'string'],
  [NODE_KIND.array, 'array'],
  [NODE_KIND.arrayData, '(array elements)'],
  [NODE_KIND.reference, 'reference'],
  [NODE_KIND.resource, 'resource'],
  [NODE_KIND.code, '(code)'],
  [NODE_KIND.vmStack, '(VM stack)'],
  [NODE_KIND.constantExpression, '(constant expression)'],
  [NODE_KIND.internal, '(engine)'],
]);
