import { NODE_KIND } from '../heap-graph.js';
import type { EdgeSink, KindNumber } from '../edge-sink.js';
import type { MemoryImage } from '../image.js';

/** Type numbers of zvals (Zend/zend_types.h; the same from 7.4 to 8.5). */
export const ZVAL = {
  string: 6,
  array: 7,
  object: 8,
  resource: 9,
  reference: 10,
  constantExpression: 11,
} as const;

/** Low bits of zend_refcounted_h.u.type_info (Zend/zend_types.h): GC_TYPE_MASK. */
export const HEADER_TYPE_MASK = 0xf;

/** Words of a zval, and of what follows one another in tables. */
export const ZVAL_WORDS = 4;

const KIND_OF_TYPE: readonly (KindNumber | undefined)[] = [
  ...Array<undefined>(6).fill(undefined),
  NODE_KIND.string,
  NODE_KIND.array,
  NODE_KIND.object,
  NODE_KIND.resource,
  NODE_KIND.reference,
  NODE_KIND.constantExpression,
];

/** What a zval of this type points to; undefined where it points to nothing. */
export function kindOfType(type: number): KindNumber | undefined {
  return KIND_OF_TYPE[type];
}

/** Tells the sink of what the zval at a word refers to, through another zval where it is indirect. */
export function visitZval(image: MemoryImage, at: number, sink: EdgeSink, named: number, name: number): void {
  const { words } = image;
  const type = words[at + 2]! & 0xff;
  const kind = KIND_OF_TYPE[type];
  if (kind !== undefined) sink.edge(words[at]!, words[at + 1]!, kind, named, name);
  else if (type === image.header.structures.indirectType + 1) {
    // IS_PTR: what the engine or an extension keeps in a table of its own.
    sink.edge(words[at]!, words[at + 1]!, NODE_KIND.unknown, named, name);
  } else if (type === image.header.structures.indirectType) {
    const to = image.wordAt(words[at]!, words[at + 1]!);
    const target = to < 0 ? undefined : KIND_OF_TYPE[words[to + 2]! & 0xff];
    if (target !== undefined) sink.edge(words[to]!, words[to + 1]!, target, named, name);
  }
}
