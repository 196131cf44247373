import { NODE_KIND } from './heap-graph.js';

/** What the target of a pointer is expected to be. */
export type KindNumber = (typeof NODE_KIND)[keyof typeof NODE_KIND];

/**
 * How an edge is named, and what `name` is: numbers, so that walking a heap makes no strings. `EdgeNames` turns them
 * into text where somebody asks.
 */
export const EDGE = {
  /** Index of a root in the list of roots. */
  root: 0,
  /** Number of a declared property's slot. */
  property: 1,
  /** Word of the image that points to a zend_string: the name of a dynamic property. */
  dynamicProperty: 2,
  /** Integer key of an array. */
  index: 3,
  /** Word of the image that points to a zend_string: the key of an array's element. */
  key: 4,
  /** Address of a zend_string: a variable of a suspended frame or bound to a closure. */
  variable: 5,
  /** The engine's own: index into INTERNAL_NAMES. */
  internal: 6,
  /** Address of a zend_object: the key of an element of a WeakMap or an SplObjectStorage. */
  objectKey: 7,
} as const;

/** Names of edges that PHP code cannot write; a path does not show them. */
export const INTERNAL_NAMES = [
  '(elements)',
  '(key)',
  '(value)',
  '(properties)',
  '$this',
  '(code)',
  '(frame)',
  '(argument)',
  '(temporary)',
  '(content)',
  '(argument to be)',
  '(initializer)',
  '(instance)',
] as const;
export const INTERNAL = Object.fromEntries(INTERNAL_NAMES.map((name, index) => [name, index])) as Record<
  (typeof INTERNAL_NAMES)[number],
  number
>;

/**
 * Whether a pointer need not be one. Bits that are set in the target of an edge; numbers of nodes stay below. `word`: in
 * memory of which nothing is known. `passing`: in a place of a frame that may not have been written to yet, or have
 * served its purpose.
 */
export const DOUBT = { word: 0x8000_0000, passing: 0x4000_0000 } as const;
export const NODE_BITS = 0x3fff_ffff;

/** One of DOUBT, or 0. */
export function doubtOf(expected: KindNumber, named: number, name: number): number {
  if (named !== EDGE.internal) return expected === NODE_KIND.unknown ? DOUBT.word : 0;
  if (name === INTERNAL['(temporary)'] || name === INTERNAL['(argument to be)']) return DOUBT.passing;
  // What a resource stands for is of no known type, but there it is.
  return expected === NODE_KIND.unknown && name !== INTERNAL['(value)'] ? DOUBT.word : 0;
}

/** Hears of each pointer that a structure holds. */
export interface EdgeSink {
  /** The pointer as its two halves; `named` is one of EDGE. */
  edge(low: number, high: number, expected: KindNumber, named: number, name: number): void;
}

/** Tells a sink of one of the engine's own pointers, given as one number. */
export function internalEdge(sink: EdgeSink, address: number, expected: KindNumber, name: number): void {
  sink.edge(address >>> 0, Math.floor(address / 2 ** 32), expected, EDGE.internal, name);
}
