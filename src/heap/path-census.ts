import { EDGE, INTERNAL } from './edge-sink.js';
import type { EdgeSink } from './edge-sink.js';
import type { ImageGraph } from './graph.js';
import { NODE_KIND } from './heap-graph.js';
import { isContent, isOpaque } from './path-steps.js';
import { PathTree } from './path-tree.js';
import type { CountedPath } from './path-tree.js';

/**
 * Counts every reachable block under the way by which it is reached: `static AuditTrail::$entries → [*] → 'body'`. Each
 * block is counted once, so the sum of all ways is all that is reachable. One reading of each block, 8 bytes a node.
 *
 * @param lastEdges as `shortestPaths` finds them
 */
export function pathCensus(graph: ImageGraph, lastEdges: Uint32Array): CountedPath[] {
  return new PathCensus(graph, lastEdges).take();
}

class PathCensus implements EdgeSink {
  private readonly tree: PathTree;
  private readonly pathOf: Uint32Array;
  /** Nodes in order of their distance from the roots: those before `taken` have led to all that they lead to. */
  private readonly queue: Uint32Array;
  private queued = 0;
  private taken = 0;
  /** The node that is being left, its next edge, and the end of its edges. */
  private node = 0;
  private next = 0;
  private end = 0;

  constructor(
    private readonly graph: ImageGraph,
    private readonly lastEdges: Uint32Array,
  ) {
    this.tree = new PathTree((name) => graph.nameText(name));
    this.pathOf = new Uint32Array(graph.nodeCount);
    this.queue = new Uint32Array(graph.nodeCount);
  }

  take(): CountedPath[] {
    const { graph, lastEdges, tree } = this;
    for (let edge = 0; edge < graph.edgeStart[1]!; edge++) {
      const node = graph.edgeTo[edge]!;
      if (lastEdges[node] === edge) this.arrive(node, tree.root(graph.edgeName(0, edge).name));
    }
    while (this.taken < this.queued) this.leave(this.queue[this.taken++]!);
    return tree.paths((type) => graph.typeText(type));
  }

  private arrive(node: number, path: number): void {
    this.pathOf[node] = path;
    this.queue[this.queued++] = node;
    const kind = this.graph.kinds[node];
    const type = kind === NODE_KIND.arrayData ? NODE_KIND.array : this.graph.typeNumber(node);
    this.tree.count(path, this.graph.sizes8[node]! * 8, type);
  }

  /** Takes each edge of a node that is the last one of a way. */
  private leave(node: number): void {
    const { edgeStart } = this.graph;
    this.node = node;
    this.next = edgeStart[node]!;
    this.end = edgeStart[node + 1]!;
    if (this.next !== this.end) this.graph.visit(node, this);
  }

  edge(low: number, high: number, _expected: number, named: number, name: number): void {
    const { graph, next } = this;
    if (next === this.end) return;
    const target = graph.edgeTo[next]!;
    if (graph.view.blocks.find(low, high) !== target) return;
    if (this.lastEdges[target] === next) this.arrive(target, this.step(this.node, target, named, name));
    this.next = next + 1;
  }

  /** The way to what an edge leads to; the engine's own edges are no step. */
  private step(node: number, target: number, named: number, name: number): number {
    const { graph, tree } = this;
    const { image } = graph.view;
    const path = this.pathOf[node]!;
    switch (named) {
      case EDGE.property:
        return tree.property(path, graph.propertyText(node, name));
      case EDGE.dynamicProperty:
        return tree.key(path, image.pointerAt(name), 'property');
      case EDGE.key:
        return tree.key(path, image.pointerAt(name), 'element');
      case EDGE.index:
      case EDGE.objectKey:
        return tree.element(path);
      case EDGE.variable:
        return tree.variable(path, name);
      default:
        if (name === INTERNAL.$this) return tree.self(path);
        if (name !== INTERNAL['(content)'] || isOpaque(graph.kinds[node]!)) return path;
        return isContent(graph.kinds, node, target) ? tree.element(path) : path;
    }
  }
}
