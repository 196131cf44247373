import { EDGE, INTERNAL, doubtOf } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import type { HeapGraph } from './heap-graph.js';
import { NODE_KIND } from './heap-graph.js';
import type { HeapView } from './heap-view.js';
import { elementsOf, visitData } from './structures/hash-table.js';
import { classEntryAt } from './structures/object.js';

/** Blocks whose kinds are known. */
export interface TypedBlocks extends Pick<HeapGraph, 'nodeCount' | 'kinds'> {
  readonly view: HeapView;
  /** Tells of each pointer of a block. */
  visit(node: number, sink: EdgeSink): void;
  /** Where the header of what is counted lies, an index into the image's words. */
  headerWord(node: number): number;
}

/** Zend/zend_types.h, 7.4 to 8.5: GC_IMMUTABLE in u.type_info, which is IS_STR_INTERNED too. Its count means nothing. */
const IMMUTABLE = 1 << 6;
/** IS_TYPE_REFCOUNTED in the second byte of a zval's u1.type_info. */
const REFCOUNTED = 1 << 8;
/** Word of a Bucket's key (Zend/zend_types.h). */
const BUCKET_KEY = 6;

const COUNTED: ReadonlySet<number> = new Set([
  NODE_KIND.string,
  NODE_KIND.array,
  NODE_KIND.object,
  NODE_KIND.reference,
  NODE_KIND.resource,
  NODE_KIND.constantExpression,
]);

/** True for a block that PHP keeps for as long as references to it are counted. */
export function isCounted({ kinds }: Pick<TypedBlocks, 'kinds'>, node: number): boolean {
  return COUNTED.has(kinds[node]!);
}

/** The reference count that a counted block has of itself; Infinity where it is immutable, for then it stays. */
export function referenceCount(blocks: TypedBlocks, node: number): number {
  const { words } = blocks.view.image;
  const at = blocks.headerWord(node);
  return (words[at + 1]! & IMMUTABLE) === 0 ? words[at]! : Infinity;
}

/**
 * Counts references by reading who has them. `possible`: a pointer within an extension's object or block may be a
 * counted reference and is taken for one, so there are at most so many. `certain`: there are at least so many; a block
 * without a count, such as an array's elements, has one by its owner. 4 bytes a node of the whole heap.
 */
export class ReferenceCounter {
  readonly references: Uint32Array;

  constructor(
    private readonly blocks: TypedBlocks,
    private readonly which: 'possible' | 'certain',
  ) {
    this.references = new Uint32Array(blocks.nodeCount);
  }

  /** Counts the references that a block holds. */
  count(node: number): void {
    const kind = this.blocks.kinds[node];
    if (kind === NODE_KIND.array) this.countElements(this.blocks.headerWord(node));
    else if (kind === NODE_KIND.object) this.countObject(node);
    else {
      this.blocks.visit(node, {
        edge: (low, high, expected) => {
          // What a resource stands for may be another's, as a stream's filter is.
          if (this.which === 'possible' || expected !== NODE_KIND.unknown) this.add(low, high);
        },
      });
    }
  }

  /** A table's values and keys; one that stands for a variable elsewhere (IS_INDIRECT) is no reference. */
  private countElements(at: number): void {
    const { image } = this.blocks.view;
    const { words } = image;
    const { first, count, strideWords, packed } = elementsOf(image, at);
    visitData(image, at, { edge: (low, high) => this.add(low, high) });
    for (let index = 0, element = first; index < count; index++, element += strideWords) {
      const typeInfo = words[element + 2]!;
      if ((typeInfo & REFCOUNTED) !== 0) this.add(words[element]!, words[element + 1]!);
      if (packed || (typeInfo & 0xff) === 0) continue;
      this.add(words[element + BUCKET_KEY]!, words[element + BUCKET_KEY + 1]!);
    }
  }

  /** What stands in a table of its own, as dynamic properties do, is counted there. */
  private countObject(node: number): void {
    const { view } = this.blocks;
    const special = view.specialClass(classEntryAt(view.image, this.blocks.headerWord(node)));
    const isCertain = this.which === 'certain';
    this.blocks.visit(node, {
      edge: (low, high, expected, named, name) => {
        if (named === EDGE.dynamicProperty || (named === EDGE.internal && name === INTERNAL['(key)'])) return;
        if (special === 'closure' && named === EDGE.variable) return;
        // Of the engine's own objects it is known where their references are.
        if (special !== undefined && expected === NODE_KIND.unknown) return;
        if (isCertain && doubtOf(expected, named, name) !== 0) return;
        this.add(low, high);
      },
    });
  }

  private add(low: number, high: number): void {
    const node = this.blocks.view.blocks.find(low, high);
    if (node !== 0) this.references[node]!++;
  }
}
