import { Buffer } from 'node:buffer';
import test from 'ava';
import type { HeapGraph } from '../../src/heap/heap-graph.js';
import { renderHeapSnapshot } from '../../src/report/heapsnapshot.js';
import { BLOCKS, phpLikeGraph } from './php-like-graph.js';
import { garbageIn, generator, graphOf, randomEdges } from './small-graphs.js';

interface Snapshot {
  snapshot: {
    meta: { node_fields: string[]; node_types: [string[]]; edge_fields: string[]; edge_types: [string[]] };
    node_count: number;
    edge_count: number;
  };
  nodes: number[];
  edges: number[];
  strings: string[];
}

test('nodes are blocks with their types and sizes, after the root and two nodes for garbage', (t) => {
  const nodes = nodesOf(snapshotOf(phpLikeGraph()));
  t.deepEqual(
    nodes.map((node) => [node.type, node.name, node.size]),
    [
      ['synthetic', '', 0],
      ['synthetic', '(garbage cycles)', 0],
      ['synthetic', '(orphans)', 0],
      ['array', 'array', 56],
      ['array', '(array data)', 320],
      ['object', 'App\\User', 72],
      ['object', 'App\\User', 72],
      ['string', 'string', 4096],
      ['object', 'Closure', 344],
      ['string', 'string', 32],
      ['object', 'Node', 56],
      ['object', 'Node', 56],
      ['native', '(stream)', 224],
      ['native', '(unknown)', 128],
    ],
  );
  t.is(
    nodes.reduce((sum, node) => sum + node.size, 0),
    BLOCKS.reduce((sum, block) => sum + block.bytes, 0),
  );
});

test('edges are named as in PHP', (t) => {
  const edges = nodesOf(snapshotOf(phpLikeGraph())).map((node) => node.edges);
  t.deepEqual(edges[0], [
    ['shortcut', 'static AuditTrail::$entries', 3],
    ['shortcut', '$GLOBALS[\'x \u2192 "y"\n\']', 8],
    ['shortcut', 'local $user of main() at /srv/app.php:12', 5],
    ['property', '(garbage cycles)', 1],
    ['property', '(orphans)', 2],
  ]);
  t.deepEqual(edges[4], [
    ['element', 0, 5],
    ['element', 4711, 6],
    ['property', "'body'", 7],
    ['property', '-1', 7],
  ]);
  t.deepEqual(edges[3], [['internal', 'arData', 4]]);
  t.deepEqual(edges[8], [['context', 'this', 6]]);
});

test('garbage hangs on nodes of its own, by its causes', (t) => {
  const edges = nodesOf(snapshotOf(phpLikeGraph())).map((node) => node.edges);
  t.deepEqual(edges[1], [
    ['element', 0, 10],
    ['element', 1, 11],
  ]);
  t.deepEqual(edges[2], [['element', 0, 12]]);
});

test('ids tell blocks by their addresses', (t) => {
  const ids = nodesOf(snapshotOf(phpLikeGraph())).map((node) => node.id);
  t.is(new Set(ids).size, ids.length);
  t.is(ids[4]! - ids[3]!, 512);
  t.deepEqual(ids[3], ((0x7f12_3460_0000 + 4096) / 8) % 2 ** 32);
});

test('ids are numbers in order where addresses lie too far apart', (t) => {
  const graph = { ...phpLikeGraph(), addressOf: (node: number) => node * 2 ** 35 };
  t.deepEqual(
    nodesOf(snapshotOf(graph)).map((node) => node.id),
    [...BLOCKS.keys(), BLOCKS.length, BLOCKS.length + 1].map((place) => 2 * place + 1),
  );
});

test('a type has one string, however many blocks are of it', (t) => {
  const { strings } = snapshotOf(phpLikeGraph());
  t.is(strings.filter((name) => name === 'App\\User').length, 1);
  t.is(strings.filter((name) => name === 'name').length, 1);
});

test('long names are cut', (t) => {
  const long = 'x'.repeat(70_000);
  const graph = {
    ...phpLikeGraph(),
    typeName: () => long,
    edgeName: () => ({ kind: 'property' as const, name: long }),
  };
  t.true(snapshotOf(graph).strings.every((name) => name.length <= 1024));
});

test('a graph larger than a chunk, with more names than are remembered, keeps all that must hold', (t) => {
  const count = 20_000;
  const edges = Array.from({ length: count }, (_, node) =>
    node + 1 < count ? [node + 1, Math.floor(node / 2), (node * 7) % count] : [],
  );
  // 45,000 names of 1,000 characters; 24,000 are remembered, and some come again long after.
  const edgeName = (node: number, edge: number): { kind: 'property'; name: string } => ({
    kind: 'property',
    name: `${node % 15_000}:${edge % 3}${'x'.repeat(1000)}`,
  });
  const { snapshot, chunks } = rendered({ ...graphOf(edges), edgeName });
  t.true(chunks > 100);
  checkInvariants(t.fail.bind(t), snapshot, count, edges.flat().length);
  const nodes = nodesOf(snapshot);
  for (const node of [5, 14_999, 15_001, 19_000]) {
    t.is(String(nodes[node + 2]!.edges[0]![1]).split(':')[0], String(node % 15_000));
  }
  t.pass();
});

test('random graphs keep all that must hold', (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const edges = randomEdges(generator(seed), 30);
    const graph = graphOf(edges);
    const snapshot = snapshotOf(graph);
    checkInvariants((text) => void t.fail(`seed ${seed}: ${text}`), snapshot, edges.length, edges.flat().length);
    const nodes = nodesOf(snapshot);
    const shift = (node: number): number => (node === 0 ? 0 : node + 2);
    for (const [node, list] of edges.entries()) {
      const targets = nodes[shift(node)]!.edges.map(([, , target]) => target).slice(0, list.length);
      if (targets.join() !== list.map(shift).join()) t.fail(`seed ${seed}: edges of ${node}`);
    }
    t.is(
      nodes.reduce((sum, node) => sum + node.size, 0),
      graph.sizes8.reduce((sum, size8) => sum + size8 * 8, 0),
    );
    // DevTools wants a way from the root to each node.
    const seen = new Set([0]);
    for (const node of seen) for (const [, , target] of nodes[node]!.edges) seen.add(target);
    if (seen.size !== nodes.length) t.fail(`seed ${seed}: ${nodes.length - seen.size} nodes hang on nothing`);
  }
});

function checkInvariants(fail: (text: string) => void, file: Snapshot, blocks: number, references: number): void {
  const { meta, node_count, edge_count } = file.snapshot;
  const [nodeFields, edgeFields] = [meta.node_fields.length, meta.edge_fields.length];
  if (node_count !== blocks + 2 || file.nodes.length !== node_count * nodeFields) fail('number of nodes');
  if (edge_count < references + 2 || file.edges.length !== edge_count * edgeFields) fail('number of edges');
  let edgesOfNodes = 0;
  for (let i = 0; i < file.nodes.length; i += nodeFields) {
    if (meta.node_types[0][file.nodes[i]!] === undefined) fail('type of a node');
    if (file.strings[file.nodes[i + 1]!] === undefined) fail('name of a node');
    edgesOfNodes += file.nodes[i + 4]!;
  }
  if (edgesOfNodes !== edge_count) fail('edges of the nodes');
  for (let i = 0; i < file.edges.length; i += edgeFields) {
    const type = meta.edge_types[0][file.edges[i]!];
    if (type === undefined) fail('type of an edge');
    if (type !== 'element' && file.strings[file.edges[i + 1]!] === undefined) fail('name of an edge');
    if (file.edges[i + 2]! % nodeFields !== 0 || file.edges[i + 2]! >= file.nodes.length) fail('target of an edge');
  }
  if (new Set(nodesOf(file).map((node) => node.id)).size !== node_count) fail('ids');
}

interface Node {
  type: string;
  name: string;
  id: number;
  size: number;
  edges: [type: string, name: string | number, target: number][];
}

/** Read as DevTools reads it: edges follow each other in the order of their nodes. */
function nodesOf({ snapshot: { meta }, nodes, edges, strings }: Snapshot): Node[] {
  let next = 0;
  return Array.from({ length: nodes.length / 7 }, (_, place) => {
    const [type, name, id, size, edgeCount] = nodes.slice(place * 7, place * 7 + 5) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const own = Array.from({ length: edgeCount }, (): [string, string | number, number] => {
      const [edgeType, label, target] = edges.slice(next, next + 3) as [number, number, number];
      next += 3;
      const typeName = meta.edge_types[0][edgeType]!;
      return [typeName, typeName === 'element' ? label : strings[label]!, target / 7];
    });
    return { type: meta.node_types[0][type]!, name: strings[name]!, id, size, edges: own };
  });
}

function snapshotOf(graph: HeapGraph): Snapshot {
  return rendered(graph).snapshot;
}

function rendered(graph: HeapGraph): { snapshot: Snapshot; chunks: number } {
  const chunks = [...renderHeapSnapshot(graph, garbageIn(graph).bits)];
  return { snapshot: JSON.parse(Buffer.concat(chunks).toString()) as Snapshot, chunks: chunks.length };
}
