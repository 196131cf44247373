import type { Topology } from '../src/heap/dominators.js';

/** Nodes of an entity, in their order in memory: an object, its name, its array, the array's elements, three strings. */
const ENTITY = 7;
/** Edges: six of the object and its array, five of the elements. */
const ENTITY_EDGES = 10;
/** So many entities in one container: an object, its array, the array's elements. */
const ENTITIES = 500;
const CONTAINER = 3;
const SHARED_STRINGS = 1000;

export interface HeapShape extends Topology {
  readonly sizes8: Uint32Array;
}

/**
 * About `wanted` nodes that hang together as in the heap of a PHP application: containers hold arrays of objects, each
 * with a name, a shared string, an array of its own with three strings and a sibling, and the way back to its
 * container. 1.4 edges a node. Addresses are shuffled within 64 KiB or so as bins do, and one in eight across the heap.
 */
export function heapShape(wanted: number): HeapShape {
  const perContainer = CONTAINER + ENTITIES * ENTITY;
  const containers = Math.max(1, Math.round((wanted - 1 - SHARED_STRINGS) / perContainer));
  const nodeCount = 1 + SHARED_STRINGS + containers * perContainer;
  const places = shuffledPlaces(nodeCount);
  const edgeStart = new Uint32Array(nodeCount + 1);
  const edgeTo = new Uint32Array(SHARED_STRINGS + containers * (1 + 2 + ENTITIES * (1 + ENTITY_EDGES)));
  let end = 0;
  // In order of address, so that the edges of a node stand where its place says.
  const nodeAt = new Uint32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) nodeAt[places[node]!] = node;
  const add = (node: number): void => void (edgeTo[end++] = places[node]!);
  for (let place = 0; place < nodeCount; place++) {
    addEdges(nodeAt[place]!, containers, perContainer, add);
    edgeStart[place + 1] = end;
  }
  const sizes8 = Uint32Array.from({ length: nodeCount }, (_, place) => (place === 0 ? 0 : 4 + (nodeAt[place]! % 5)));
  return { nodeCount, edgeStart, edgeTo: edgeTo.subarray(0, end), sizes8 };
}

function addEdges(node: number, containers: number, perContainer: number, add: (to: number) => void): void {
  const first = 1 + SHARED_STRINGS;
  if (node === 0) {
    for (let shared = 1; shared < first; shared++) add(shared);
    for (let container = 0; container < containers; container++) add(first + container * perContainer);
    return;
  }
  if (node < first) return;
  const within = (node - first) % perContainer;
  const container = node - within;
  if (within < 2) return add(node + 1);
  if (within === 2) {
    for (let entity = 0; entity < ENTITIES; entity++) add(container + CONTAINER + entity * ENTITY);
    return;
  }
  const part = (within - CONTAINER) % ENTITY;
  if (part === 0) {
    add(node + 1);
    add(1 + ((Math.imul(node, 0x9e37) >>> 4) % SHARED_STRINGS));
    add(node + 2);
    add(container);
  } else if (part === 2) {
    add(node + 1);
  } else if (part === 3) {
    for (let string = 1; string <= 3; string++) add(node + string);
    add(within >= CONTAINER + ENTITY ? node - part - ENTITY : container);
  }
}

/** Place in memory by node. Node 0 stays. */
function shuffledPlaces(nodeCount: number): Uint32Array {
  const places = new Uint32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) places[node] = node;
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let node = 1; node < nodeCount; node++) {
    const reach = node % 8 === 0 ? nodeCount - node : Math.min(1024, nodeCount - node);
    const other = node + Math.floor(random() * reach);
    const place = places[node]!;
    places[node] = places[other]!;
    places[other] = place;
  }
  return places;
}
