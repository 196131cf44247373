import type { EdgeName, HeapGraph } from '../../src/heap/heap-graph.js';
import { NODE_KIND } from '../../src/heap/heap-graph.js';

interface Block {
  readonly kind: keyof typeof NODE_KIND;
  readonly type: string;
  readonly bytes: number;
  readonly edges: readonly (readonly [EdgeName['kind'], string, number])[];
}

/** A small heap with each kind of edge, a garbage cycle that refers to a living block, and an orphan. */
export const BLOCKS: readonly Block[] = [
  {
    kind: 'root',
    type: '',
    bytes: 0,
    edges: [
      ['root', 'static AuditTrail::$entries', 1],
      ['root', '$GLOBALS[\'x \u2192 "y"\n\']', 6],
      ['root', 'local $user of main() at /srv/app.php:12', 3],
    ],
  },
  { kind: 'array', type: 'array', bytes: 56, edges: [['internal', 'arData', 2]] },
  {
    kind: 'arrayData',
    type: '(array data)',
    bytes: 320,
    edges: [
      ['element', '0', 3],
      ['element', '4711', 4],
      ['element', "'body'", 5],
      ['element', '-1', 5],
    ],
  },
  { kind: 'object', type: 'App\\User', bytes: 72, edges: [['property', 'name', 5]] },
  { kind: 'object', type: 'App\\User', bytes: 72, edges: [['property', 'name', 7]] },
  { kind: 'string', type: 'string', bytes: 4096, edges: [] },
  { kind: 'object', type: 'Closure', bytes: 344, edges: [['variable', 'this', 4]] },
  { kind: 'string', type: 'string', bytes: 32, edges: [] },
  {
    kind: 'object',
    type: 'Node',
    bytes: 56,
    edges: [
      ['property', 'next', 9],
      ['property', 'user', 3],
    ],
  },
  { kind: 'object', type: 'Node', bytes: 56, edges: [['property', 'previous', 8]] },
  { kind: 'internal', type: '(stream)', bytes: 224, edges: [['internal', 'at byte 16', 11]] },
  { kind: 'unknown', type: '(unknown)', bytes: 128, edges: [] },
];

/** BLOCKS as a graph. Node n is BLOCKS[n]. */
export function phpLikeGraph(): HeapGraph {
  const edges = BLOCKS.flatMap((block) => block.edges);
  const edgeStart = new Uint32Array(BLOCKS.length + 1);
  BLOCKS.forEach((block, node) => (edgeStart[node + 1] = edgeStart[node]! + block.edges.length));
  return {
    nodeCount: BLOCKS.length,
    sizes8: Uint32Array.from(BLOCKS, (block) => block.bytes / 8),
    kinds: Uint8Array.from(BLOCKS, (block) => NODE_KIND[block.kind]),
    edgeStart,
    edgeTo: Uint32Array.from(edges, ([, , target]) => target),
    typeName: (node) => BLOCKS[node]!.type,
    edgeName: (_, edge) => ({ kind: edges[edge]![0], name: edges[edge]![1] }),
    addressOf: (node) => 0x7f12_3460_0000 + node * 4096,
  };
}
