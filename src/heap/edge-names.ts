import { EDGE, INTERNAL_NAMES } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import type { GraphBuilder } from './graph-builder.js';
import { NODE_KIND } from './heap-graph.js';
import type { EdgeName, HeapGraph } from './heap-graph.js';
import type { HeapView } from './heap-view.js';
import { classAt, handleAt } from './structures/object.js';
import { readName } from './structures/strings.js';
import { visitBlock } from './visit-block.js';

/** The names of a block's edges, in order: what EDGE says of each, and its number. */
interface NamesOfBlock {
  readonly named: number[];
  readonly name: number[];
}

/** Blocks whose names are kept: ways to many blocks go through the same few. */
const MOST_KEPT = 16;

/**
 * Names of edges, found out by reading the block that they leave once more. The names of the blocks that were asked for
 * last are kept, so that asking for all edges of a block in turn costs one reading.
 */
export class EdgeNames {
  private readonly kept = new Map<number, NamesOfBlock>();

  constructor(
    private readonly view: HeapView,
    private readonly builder: GraphBuilder,
    private readonly edges: Pick<HeapGraph, 'edgeStart' | 'edgeTo'>,
  ) {}

  /** The name of an edge, by its index in edgeTo. */
  of(node: number, edge: number): EdgeName {
    const names = this.kept.get(node) ?? this.read(node);
    const index = edge - this.edges.edgeStart[node]!;
    const [named = EDGE.internal, name = 0] = [names.named[index], names.name[index]];
    switch (named) {
      case EDGE.property:
        return { kind: 'property', name: this.propertyName(node, name) };
      case EDGE.dynamicProperty:
        return { kind: 'dynamicProperty', name: this.text(this.view.image.pointerAt(name)) };
      case EDGE.index:
        return { kind: 'element', name: String(name) };
      case EDGE.key:
        return { kind: 'element', name: `'${this.text(this.view.image.pointerAt(name))}'` };
      case EDGE.objectKey:
        return { kind: 'element', name: objectText(this.view, name) };
      case EDGE.variable:
        return { kind: 'variable', name: this.text(name) };
      default:
        return { kind: 'internal', name: INTERNAL_NAMES[name] ?? '(content)' };
    }
  }

  /** The pointers of a block come in the order of its edges; one that was no edge, being stale, is passed over. */
  private read(node: number): NamesOfBlock {
    const { view, builder } = this;
    const { edgeStart, edgeTo } = this.edges;
    const names: NamesOfBlock = { named: [], name: [] };
    let edge = edgeStart[node]!;
    const end = edgeStart[node + 1]!;
    const sink: EdgeSink = {
      edge: (low, high, _expected, named, name) => {
        if (edge === end || view.blocks.find(low, high) !== edgeTo[edge]) return;
        edge++;
        names.named.push(named);
        names.name.push(name);
      },
    };
    visitBlock(view, node, builder.kinds[node]!, builder.inner8[node]!, sink);
    const [oldest] = this.kept.keys();
    if (this.kept.size === MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(node, names);
    return names;
  }

  propertyName(node: number, slot: number): string {
    const { view, builder } = this;
    const info = classAt(view, view.blocks.words[node]! + builder.inner8[node]! * 2);
    return info?.propertyName(slot) ?? String(slot);
  }

  text(zendString: number): string {
    return readName(this.view.image, zendString) ?? '?';
  }
}

/** `User #12`, as var_dump() calls it: the number is spl_object_id(). */
function objectText(view: HeapView, address: number): string {
  const at = view.image.at(address);
  if (at < 0) return 'object';
  return `${classAt(view, at)?.name ?? 'object'} #${String(handleAt(view.image, at))}`;
}

/** `string`, `array`, `App\User`, `(code)`: what a node is to a PHP programmer. */
export function typeNameOf(view: HeapView, { kinds, inner8 }: GraphBuilder, node: number): string {
  const kind = kinds[node]!;
  if (kind === NODE_KIND.object) {
    return classAt(view, view.blocks.words[node]! + inner8[node]! * 2)?.name ?? '(object)';
  }
  return typeNameOfKind(kind);
}

/** The same for a kind, of which classes are no part. */
export function typeNameOfKind(kind: number): string {
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
