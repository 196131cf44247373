import type { Buffer } from 'node:buffer';
import { GARBAGE } from '../heap/garbage.js';
import { NODE_KIND } from '../heap/heap-graph.js';
import type { EdgeName, HeapGraph } from '../heap/heap-graph.js';
import { ChunkedText } from './chunked-text.js';
import { RecentNames } from './recent-names.js';

/** As V8 writes them (src/profiler/heap-snapshot-generator.cc, V8 11.3 and later); DevTools goes by these names. */
const NODE_FIELDS = ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'];
const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
];
const EDGE_FIELDS = ['type', 'name_or_index', 'to_node'];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];
const META = {
  node_fields: NODE_FIELDS,
  node_types: [NODE_TYPES, 'string', 'number', 'number', 'number', 'number', 'number'],
  edge_fields: EDGE_FIELDS,
  edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
  trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
  trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
  sample_fields: ['timestamp_us', 'last_assigned_id'],
  location_fields: ['object_index', 'script_id', 'line', 'column'],
};

/** Nodes that stand before the heap's: the root of all, and one for each kind of garbage, which hangs on them. */
const SYNTHETIC = ['', '(garbage cycles)', '(orphans)'];
const CYCLES = 1;
const ORPHANS = 2;
/** Heap node n is the file's node n + SHIFT; the root is the same. */
const SHIFT = SYNTHETIC.length - 1;

/** DevTools keeps a name for each edge; V8 cuts at as many characters (flag heap-snapshot-string-limit). */
const NAME_CHARACTERS = 1024;
/** About 50 MB of names of edges are looked through before one is written again. */
const REMEMBERED_CHARACTERS = 12 * 1024 * 1024;

/**
 * The heap in V8's .heapsnapshot format, for the Memory panel of Chrome's DevTools, in chunks of bytes. Garbage hangs
 * on two nodes of its own. A node's name is its type, an edge's the property or key. An id is the block's address / 8
 * modulo 2^32, so that two snapshots of a process can be compared, unless the heap's addresses span 32 GiB or more. The
 * names of edges are asked for twice rather than kept.
 *
 * @param garbageBits GARBAGE bits by node, as findGarbage gives them
 */
export function* renderHeapSnapshot(graph: HeapGraph, garbageBits: Uint8Array): Generator<Buffer> {
  const causes = causesOf(garbageBits);
  const types = new Map<string, number>();
  const text = new ChunkedText();
  const counts = {
    node_count: graph.nodeCount + SHIFT,
    edge_count: graph.edgeTo.length + SHIFT + causes.cycles.length + causes.orphans.length,
    trace_function_count: 0,
  };
  text.ascii('{"snapshot":');
  text.ascii(JSON.stringify({ meta: META, ...counts }));
  text.ascii(',\n"nodes":[');
  yield* writeNodes(text, graph, causes, types);
  text.ascii('],\n"edges":[');
  yield* writeEdges(text, graph, causes, SYNTHETIC.length + types.size);
  text.ascii('],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[],\n"strings":[');
  yield* writeStrings(text, graph, types);
  text.ascii(']}\n');
  yield* text.rest();
}

/** The nodes that hang on the two nodes for garbage. */
interface Causes {
  readonly cycles: Uint32Array;
  readonly orphans: Uint32Array;
}

function causesOf(garbageBits: Uint8Array): Causes {
  const [cycles, orphans]: [number[], number[]] = [[], []];
  garbageBits.forEach((bits, node) => {
    if ((bits & GARBAGE.cause) !== 0) ((bits & GARBAGE.orphan) === 0 ? cycles : orphans).push(node);
  });
  return { cycles: Uint32Array.from(cycles), orphans: Uint32Array.from(orphans) };
}

function* writeNodes(
  text: ChunkedText,
  graph: HeapGraph,
  causes: Causes,
  types: Map<string, number>,
): Generator<Buffer> {
  const { nodeCount, edgeStart, sizes8, kinds } = graph;
  const edgeCounts = [edgeStart[1]! + SHIFT, causes.cycles.length, causes.orphans.length];
  edgeCounts.forEach((count, i) => writeNode(text, i, 'synthetic', i, 2 * i + 1, 0, count));
  const byAddress = nodeCount < 3 || graph.addressOf(nodeCount - 1) - graph.addressOf(1) < 2 ** 35;
  for (let node = 1; node < nodeCount; node++) {
    const type = graph.typeName(node).slice(0, NAME_CHARACTERS);
    if (!types.has(type)) types.set(type, SYNTHETIC.length + types.size);
    // Those of the synthetic nodes are addresses where a heap has its own header.
    const id = byAddress ? (graph.addressOf(node) / 8) % 2 ** 32 : 2 * (node + SHIFT) + 1;
    const count = edgeStart[node + 1]! - edgeStart[node]!;
    const nodeType = TYPE_OF_KIND[kinds[node]!] ?? 'native';
    writeNode(text, node + SHIFT, nodeType, types.get(type)!, id, sizes8[node]! * 8, count);
    if (node % 1024 === 0) yield* text.full();
  }
}

/** By NODE_KIND. DevTools counts arrays, strings and code by these types, objects and native ones by their names. */
const TYPE_OF_KIND: Record<number, string> = {
  [NODE_KIND.string]: 'string',
  [NODE_KIND.array]: 'array',
  [NODE_KIND.arrayData]: 'array',
  [NODE_KIND.object]: 'object',
  [NODE_KIND.code]: 'code',
  [NODE_KIND.constantExpression]: 'code',
};

function writeNode(
  text: ChunkedText,
  place: number,
  type: string,
  name: number,
  id: number,
  sizeBytes: number,
  edges: number,
): void {
  text.ascii(place === 0 ? '' : '\n,');
  for (const value of [NODE_TYPES.indexOf(type), name, id, sizeBytes, edges]) {
    text.number(value);
    text.ascii(',');
  }
  text.ascii('0,0');
}

function* writeEdges(text: ChunkedText, graph: HeapGraph, causes: Causes, firstName: number): Generator<Buffer> {
  const { nodeCount, edgeStart, edgeTo } = graph;
  const names = new RecentNames(REMEMBERED_CHARACTERS);
  let written = 0;
  const write = (type: string, name: number, target: number): void => {
    text.ascii(written++ === 0 ? '' : '\n,');
    text.number(EDGE_TYPES.indexOf(type));
    text.ascii(',');
    text.number(name);
    text.ascii(',');
    text.number(target * NODE_FIELDS.length);
  };
  for (let node = 0; node < nodeCount; node++) {
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
      const { type, name } = edgeForm(graph.edgeName(node, edge));
      const target = edgeTo[edge]!;
      write(type, typeof name === 'number' ? name : firstName + names.numberOf(name), target && target + SHIFT);
      if (written % 1024 === 0) yield* text.full();
    }
    if (node > 0) continue;
    for (const group of [CYCLES, ORPHANS]) write('property', group, group);
    for (const list of [causes.cycles, causes.orphans]) {
      for (const [index, cause] of list.entries()) {
        write('element', index, cause + SHIFT);
        if (written % 1024 === 0) yield* text.full();
      }
    }
  }
}

/** How an edge is written: with a name, or with a number where the type is `element`. */
function edgeForm({ kind, name }: EdgeName): { type: string; name: string | number } {
  switch (kind) {
    // Of what DevTools calls a page's own objects: then garbage has no say in what retains the living.
    case 'root':
      return { type: 'shortcut', name: name.slice(0, NAME_CHARACTERS) };
    case 'element':
      if (/^(0|[1-9]\d{0,8})$/.test(name)) return { type: 'element', name: Number(name) };
      return { type: 'property', name: name.slice(0, NAME_CHARACTERS) };
    case 'variable':
      return { type: 'context', name: name.slice(0, NAME_CHARACTERS) };
    case 'property':
    case 'dynamicProperty':
    case 'internal':
      return { type: kind, name: name.slice(0, NAME_CHARACTERS) };
  }
}

function* writeStrings(text: ChunkedText, graph: HeapGraph, types: Map<string, number>): Generator<Buffer> {
  let written = 0;
  const write = (name: string): void => {
    text.ascii(written++ === 0 ? '\n' : ',\n');
    text.jsonString(name);
  };
  SYNTHETIC.forEach(write);
  for (const name of types.keys()) write(name);
  // The same names in the same order as for the edges: those are new here that were new there.
  const names = new RecentNames(REMEMBERED_CHARACTERS);
  const { nodeCount, edgeStart } = graph;
  for (let node = 0; node < nodeCount; node++) {
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
      const { name } = edgeForm(graph.edgeName(node, edge));
      const known = names.size;
      if (typeof name === 'string' && names.numberOf(name) === known) write(name);
      if (edge % 1024 === 0) yield* text.full();
    }
  }
}
