import { doubtOf } from './edge-sink.js';
import type { EdgeSink, KindNumber } from './edge-sink.js';
import { grown } from './grown.js';
import { NODE_KIND } from './heap-graph.js';
import type { HeapView } from './heap-view.js';
import { guessKind } from './structures/guess.js';
import { classAt } from './structures/object.js';
import { HEADER_TYPE_MASK, ZVAL } from './structures/zval.js';
import { visitBlock } from './visit-block.js';

/** The type in a header (zend_refcounted_h) of what zvals point to, by kind of node. */
const HEADER_TYPES = new Map<KindNumber, number>([
  [NODE_KIND.string, ZVAL.string],
  [NODE_KIND.array, ZVAL.array],
  [NODE_KIND.object, ZVAL.object],
  [NODE_KIND.resource, ZVAL.resource],
  [NODE_KIND.reference, ZVAL.reference],
  [NODE_KIND.constantExpression, ZVAL.constantExpression],
]);

/** Room for edges: a heap of an application has 1.4 to 2 for each block. */
const EDGES_OF_A_NODE = 2;
const LEAST_EDGES = 1 << 12;
const GROWTH = 1.5;

/**
 * Follows a heap from its roots and notes each block's kind and edges. What a typed pointer leads to is followed before
 * anything whose type has to be guessed, so that a block is what the program uses it as, wherever that shows.
 */
export class GraphBuilder implements EdgeSink {
  readonly kinds: Uint8Array;
  /** Where in its block an object's zend_object lies, in units of 8 bytes. */
  readonly inner8: Uint16Array;
  private done: Uint8Array;
  private edgeFirst: Uint32Array;
  private edgeCount: Uint32Array;
  private edges: Uint32Array;
  private edgesUsed = 0;
  private readonly typed: NodeQueue;
  private readonly untyped: NodeQueue;

  constructor(readonly view: HeapView) {
    const nodes = view.blocks.nodeCount;
    this.kinds = new Uint8Array(nodes);
    this.inner8 = new Uint16Array(nodes);
    this.done = new Uint8Array(nodes);
    this.edgeFirst = new Uint32Array(nodes);
    this.edgeCount = new Uint32Array(nodes);
    this.edges = new Uint32Array(LEAST_EDGES + nodes * EDGES_OF_A_NODE);
    this.typed = new NodeQueue();
    this.untyped = new NodeQueue();
  }

  /** A block that is known and refers to nothing that it would keep alive. 0 for an address without a block. */
  leaf(address: number, kind: KindNumber): number {
    const node = this.view.blocks.findAt(address);
    if (node === 0) return 0;
    this.kinds[node] = kind;
    this.done[node] = 1;
    return node;
  }

  /** Meets the block that a pointer leads to; returns its node, 0 where there is none of that kind. */
  meet(low: number, high: number, expected: KindNumber): number {
    const { blocks, image } = this.view;
    const node = blocks.find(low, high);
    if (node === 0) return 0;
    const known = this.kinds[node]!;
    // What a block is called first stands, but for a guess that is still open.
    if (known !== 0 && (known !== NODE_KIND.unknown || expected === NODE_KIND.unknown)) return node;
    const at = image.wordAt(low, high);
    if (at < 0) return expected === NODE_KIND.unknown ? this.note(node, NODE_KIND.unknown, 0, this.untyped) : 0;
    const inner = at - blocks.words[node]!;
    const type = HEADER_TYPES.get(expected);
    if (type !== undefined && (image.words[at + 1]! & HEADER_TYPE_MASK) !== type) return 0;
    if (expected === NODE_KIND.object && classAt(this.view, at) === undefined) return 0;
    return this.note(node, expected, inner, expected === NODE_KIND.unknown ? this.untyped : this.typed);
  }

  edge(low: number, high: number, expected: KindNumber, named: number, name: number): void {
    const node = this.meet(low, high, expected);
    if (node === 0) return;
    if (this.edgesUsed === this.edges.length) this.edges = grown(this.edges, Math.ceil(this.edges.length * GROWTH));
    this.edges[this.edgesUsed++] = node | doubtOf(expected, named, name);
  }

  /** Follows all that was met, to the last block. */
  follow(): void {
    for (;;) {
      const typed = this.typed.take();
      if (typed !== 0) {
        this.visit(typed);
        continue;
      }
      const untyped = this.untyped.take();
      if (untyped === 0) return;
      if (this.done[untyped] === 0) this.visitUntyped(untyped);
    }
  }

  /** Blocks that nothing led to get their kind and edges too: by their headers. */
  followRest(): void {
    for (let node = 1; node < this.kinds.length; node++) {
      if (this.kinds[node] !== 0) continue;
      this.note(node, NODE_KIND.unknown, 0, this.untyped);
      this.follow();
    }
  }

  /** The edges in order of node, node 0's given, with their DOUBT. The last thing that is asked of it. */
  assemble(roots: readonly number[]): { edgeStart: Uint32Array; edgeTo: Uint32Array } {
    const { edgeFirst, edgeCount, edges } = this;
    const nodes = edgeCount.length;
    const edgeStart = new Uint32Array(nodes + 1);
    edgeStart[1] = roots.length;
    for (let node = 1; node < nodes; node++) edgeStart[node + 1] = edgeStart[node]! + edgeCount[node]!;
    const edgeTo = new Uint32Array(edgeStart[nodes]!);
    edgeTo.set(roots);
    for (let node = 1; node < nodes; node++) {
      const first = edgeFirst[node]!;
      const to = edgeStart[node]!;
      for (let edge = 0; edge < edgeCount[node]!; edge++) edgeTo[to + edge] = edges[first + edge]!;
    }
    // Their work is done, and they are as large as the result.
    this.edges = this.edgeFirst = this.edgeCount = new Uint32Array(0);
    this.done = new Uint8Array(0);
    return { edgeStart, edgeTo };
  }

  private note(node: number, kind: KindNumber, innerWords: number, queue: NodeQueue): number {
    this.kinds[node] = kind;
    this.inner8[node] = Math.min(innerWords >>> 1, 0xffff);
    queue.add(node);
    return node;
  }

  private visitUntyped(node: number): void {
    const { blocks } = this.view;
    const inner = this.inner8[node]!;
    const sizeBytes = blocks.sizes8[node]! * 8;
    const start = blocks.words[node]!;
    let kind = guessKind(this.view, start + inner * 2, inner === 0, sizeBytes);
    if (kind === NODE_KIND.unknown && inner !== 0) {
      kind = guessKind(this.view, start, true, sizeBytes);
      this.inner8[node] = 0;
    }
    this.kinds[node] = kind;
    this.visit(node);
  }

  private visit(node: number): void {
    this.done[node] = 1;
    this.edgeFirst[node] = this.edgesUsed;
    visitBlock(this.view, node, this.kinds[node]!, this.inner8[node]!, this);
    this.edgeCount[node] = this.edgesUsed - this.edgeFirst[node];
  }
}

/** Nodes that wait, first in first out. */
class NodeQueue {
  private nodes = new Uint32Array(1 << 12);
  private first = 0;
  private count = 0;

  add(node: number): void {
    if (this.count === this.nodes.length) this.grow();
    this.nodes[(this.first + this.count++) & (this.nodes.length - 1)] = node;
  }

  /** 0 where none waits. */
  take(): number {
    if (this.count === 0) return 0;
    const node = this.nodes[this.first]!;
    this.first = (this.first + 1) & (this.nodes.length - 1);
    this.count--;
    return node;
  }

  private grow(): void {
    const { nodes, first } = this;
    this.nodes = new Uint32Array(nodes.length * 2);
    this.nodes.set(nodes.subarray(first));
    this.nodes.set(nodes.subarray(0, first), nodes.length - first);
    this.first = 0;
  }
}
