/** What a node is. Numbers, for a byte a node. */
export const NODE_KIND = {
  root: 0,
  string: 1,
  array: 2,
  /** The elements of an array, a block of their own. */
  arrayData: 3,
  object: 4,
  reference: 5,
  resource: 6,
  /** Compiled code and what belongs to it: op_arrays, literals, class tables. */
  code: 7,
  vmStack: 8,
  /** A constant expression that was not evaluated yet. */
  constantExpression: 9,
  /** An engine's or extension's own block. */
  internal: 10,
  /** Nothing is known of it. */
  unknown: 11,
} as const;
export type NodeKind = keyof typeof NODE_KIND;

/** How one node refers to another, as a PHP programmer would write it. */
export interface EdgeName {
  /**
   * `root`: name is all of it. `property`: `entries`. `element`: `4711`, `'body'`, or `User #12` where an object is the
   * key. `internal`: the engine's own.
   */
  readonly kind: 'root' | 'property' | 'dynamicProperty' | 'element' | 'variable' | 'internal';
  readonly name: string;
}

/**
 * The live blocks of a heap as nodes and what refers to what. Node 0 stands for all roots: its edges are named roots,
 * its size is 0. The other nodes are live blocks, in order of address. Unreachable ones are nodes too.
 */
export interface HeapGraph {
  readonly nodeCount: number;
  /** Size of the block / 8. */
  readonly sizes8: Uint32Array;
  /** NODE_KIND, by node. */
  readonly kinds: Uint8Array;
  /** nodeCount + 1 values: the edges of node n are edgeTo[edgeStart[n]] to edgeTo[edgeStart[n + 1] - 1]. */
  readonly edgeStart: Uint32Array;
  /** May name a node more than once. */
  readonly edgeTo: Uint32Array;
  /** `string`, `array`, `App\User`, `(code)`. */
  typeName(node: number): string;
  /** The name of the edge at this index of edgeTo, which leaves `node`; found out when asked. */
  edgeName(node: number, edge: number): EdgeName;
  /** Address of the block in the process. */
  addressOf(node: number): number;
}
