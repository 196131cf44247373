import { EDGE, INTERNAL } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import type { ImageGraph } from './graph.js';
import { NODE_KIND } from './heap-graph.js';
import { classEntryAt } from './structures/object.js';
import { elementsOf } from './structures/hash-table.js';

/** What PHP's collector makes of an unreachable block, bits. */
export const COUNT = {
  /** More references are counted than are found: something outside of the heap's graph keeps it. */
  unexplained: 1,
  /** The collector goes through it, so a cycle of which it is part can be taken. */
  traversed: 2,
} as const;

/** Zend/zend_types.h, 7.4 to 8.5: GC_IMMUTABLE in u.type_info, which is IS_STR_INTERNED too. Its count means nothing. */
const IMMUTABLE = 1 << 6;
/** IS_TYPE_REFCOUNTED in the second byte of a zval's u1.type_info. */
const REFCOUNTED = 1 << 8;
/** Words of a Bucket and of its key's place (Zend/zend_types.h). */
const BUCKET_KEY = 6;

const COUNTED: ReadonlySet<number> = new Set([
  NODE_KIND.string,
  NODE_KIND.array,
  NODE_KIND.object,
  NODE_KIND.reference,
  NODE_KIND.resource,
  NODE_KIND.constantExpression,
]);
const TRAVERSED: ReadonlySet<number> = new Set([NODE_KIND.array, NODE_KIND.object, NODE_KIND.reference]);

/**
 * Compares the reference count of each of these unreachable blocks with the references to it that they hold themselves,
 * as PHP's collector does (trial deletion). COUNT bits, by place in `nodes`. A pointer within an extension's object or
 * block may be a counted reference and is taken for one; within PHP's own structures only counted ones are. 4 bytes a
 * node of the whole graph meanwhile.
 */
export function unexplainedCounts(graph: ImageGraph, nodes: Uint32Array): Uint8Array {
  const references = new Uint32Array(graph.nodeCount);
  const counter = new ReferenceCounter(graph, references);
  for (const node of nodes) counter.count(node);
  const { words } = graph.view.image;
  return Uint8Array.from(nodes, (node) => {
    const kind = graph.kinds[node]!;
    const at = graph.headerWord(node);
    const isCounted = COUNTED.has(kind) && (words[at + 1]! & IMMUTABLE) === 0;
    return (
      (isCounted && words[at]! > references[node]! ? COUNT.unexplained : 0) |
      (TRAVERSED.has(kind) ? COUNT.traversed : 0)
    );
  });
}

class ReferenceCounter {
  constructor(
    private readonly graph: ImageGraph,
    private readonly references: Uint32Array,
  ) {}

  /** Counts the references that a block holds. */
  count(node: number): void {
    const kind = this.graph.kinds[node];
    if (kind === NODE_KIND.array) this.countElements(this.graph.headerWord(node));
    else if (kind === NODE_KIND.object) this.countObject(node);
    else this.graph.visit(node, { edge: (low, high) => this.add(low, high) });
  }

  /** A table's values and keys; one that stands for a variable elsewhere (IS_INDIRECT) is no reference. */
  private countElements(at: number): void {
    const { image } = this.graph.view;
    const { words } = image;
    const { first, count, strideWords, packed } = elementsOf(image, at);
    for (let index = 0, element = first; index < count; index++, element += strideWords) {
      const typeInfo = words[element + 2]!;
      if ((typeInfo & REFCOUNTED) !== 0) this.add(words[element]!, words[element + 1]!);
      if (packed || (typeInfo & 0xff) === 0) continue;
      this.add(words[element + BUCKET_KEY]!, words[element + BUCKET_KEY + 1]!);
    }
  }

  /** What stands in a table of its own, as dynamic properties do, is counted there. */
  private countObject(node: number): void {
    const { view } = this.graph;
    const special = view.specialClass(classEntryAt(view.image, this.graph.headerWord(node)));
    const sink: EdgeSink = {
      edge: (low, high, expected, named, name) => {
        if (named === EDGE.dynamicProperty || (named === EDGE.internal && OF_TABLES.has(name))) return;
        if (special === 'closure' && named === EDGE.variable) return;
        // Of the engine's own objects it is known where their references are.
        if (special !== undefined && expected === NODE_KIND.unknown) return;
        this.add(low, high);
      },
    };
    this.graph.visit(node, sink);
  }

  private add(low: number, high: number): void {
    const node = this.graph.view.blocks.find(low, high);
    if (node !== 0) this.references[node]!++;
  }
}

const OF_TABLES: ReadonlySet<number> = new Set([INTERNAL['(key)'], INTERNAL['(elements)'], INTERNAL['(frame)']]);
