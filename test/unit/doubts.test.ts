import test from 'ava';
import { settleDoubts } from '../../src/heap/doubts.js';
import { DOUBT } from '../../src/heap/edge-sink.js';
import { NODE_KIND } from '../../src/heap/heap-graph.js';
import type { HeapView } from '../../src/heap/heap-view.js';
import type { TypedBlocks } from '../../src/heap/reference-counts.js';
import { generator, reached } from './small-graphs.js';

/** Edges by node; node 0 is the root. `words`: places that hold an address, which may be a counted reference or stale. */
interface Heap {
  readonly sure: number[][];
  readonly words: { readonly to: number; readonly isReference: boolean }[][];
  /** Nodes without a reference count. */
  readonly uncounted?: readonly number[];
}

test('a stale word holds no cycle', (t) => {
  t.deepEqual(heldIn({ sure: [[], [2], [1]], words: [[{ to: 1, isReference: false }], [], []] }), [0]);
});

test('a word that is a reference holds the cycle', (t) => {
  t.deepEqual(heldIn({ sure: [[], [2], [1]], words: [[{ to: 1, isReference: true }], [], []] }), [0, 1, 2]);
});

test('what something holds that is held by a word is held', (t) => {
  const words = [[{ to: 1, isReference: true }], [{ to: 3, isReference: false }], [], []];
  t.deepEqual(heldIn({ sure: [[], [2], [], [3]], words }), [0, 1, 2]);
});

test('a block without a count belongs to the one that has it, if there is one', (t) => {
  const words = [[{ to: 2, isReference: false }], [], [], []];
  t.deepEqual(heldIn({ sure: [[], [1, 2], [], []], words, uncounted: [2] }), [0]);
  t.deepEqual(heldIn({ sure: [[], [1], [3], []], words, uncounted: [2] }), [0, 2, 3]);
});

test('a block without a count that is held has its owner, and no other word leads there', (t) => {
  const { blocks, edges } = layOut({
    sure: [[1, 2, 3], [2], [], []],
    words: [
      [],
      [],
      [],
      [
        { to: 1, isReference: true },
        { to: 2, isReference: true },
      ],
    ],
    uncounted: [2],
  });
  const { edgeStart, edgeTo } = settleDoubts(blocks, edges);
  t.deepEqual([...edgeTo.subarray(edgeStart[3], edgeStart[4])], [1]);
});

test('where C refers to blocks and blocks to each other, words hold what they refer to and nothing else', (t) => {
  for (let seed = 1; seed <= 3000; seed++) {
    const random = generator(seed);
    const heap = randomHeap(random, (node) => node === 0);
    t.deepEqual(heldIn(heap), [...reached(referencesIn(heap), [0])].sort(byNumber), `seed ${String(seed)}`);
  }
});

test('where it cannot be told which words of a block are references, no reference is lost', (t) => {
  for (let seed = 1; seed <= 3000; seed++) {
    const random = generator(seed);
    const heap = randomHeap(random, () => true);
    const held = new Set(heldIn(heap));
    const missing = [...reached(referencesIn(heap), [0])].filter((node) => !held.has(node));
    t.deepEqual(missing, [], `seed ${String(seed)}`);
  }
});

test('edges keep their order, and the roots are those that are left', (t) => {
  const { blocks, edges } = layOut({
    sure: [[3], [1], [], []],
    words: [[{ to: 1, isReference: false }], [], [], []],
  });
  const edgeTo = Uint32Array.of((1 | DOUBT.word) >>> 0, ...edges.edgeTo.filter((to) => to < DOUBT.passing));
  const settled = settleDoubts(blocks, { edgeStart: edges.edgeStart, edgeTo });
  t.deepEqual([...settled.roots], [1]);
  t.deepEqual([...settled.edgeTo], [3, 1]);
  t.deepEqual([...settled.edgeStart], [0, 1, 2, 2, 2]);
});

/** Nodes that node 0 reaches when doubts are settled. */
function heldIn(heap: Heap): number[] {
  const { blocks, edges } = layOut(heap);
  const { edgeStart, edgeTo } = settleDoubts(blocks, edges);
  const lists = heap.sure.map((_, node) => [...edgeTo.subarray(edgeStart[node], edgeStart[node + 1])]);
  return [...reached(lists, [0])].sort(byNumber);
}

function layOut({ sure, words, uncounted = [] }: Heap): {
  blocks: TypedBlocks;
  edges: { edgeStart: Uint32Array; edgeTo: Uint32Array };
} {
  const lists = sure.map((targets, node) => [...targets, ...words[node]!.map(({ to }) => (to | DOUBT.word) >>> 0)]);
  const edgeStart = new Uint32Array(sure.length + 1);
  lists.forEach((list, node) => (edgeStart[node + 1] = edgeStart[node]! + list.length));
  // Headers of two words each: the reference count, and no flags.
  const headers = new Uint32Array(2 * sure.length);
  for (const targets of referencesIn({ sure, words })) for (const to of targets) headers[2 * to]!++;
  const view = { image: { words: headers }, blocks: { find: (low: number) => low } } as unknown as HeapView;
  const kinds = Uint8Array.from(sure, (_, node) =>
    uncounted.includes(node) ? NODE_KIND.internal : NODE_KIND.reference,
  );
  const blocks: TypedBlocks = {
    nodeCount: sure.length,
    kinds,
    view,
    headerWord: (node) => 2 * node,
    visit: (node, sink) => {
      for (const to of sure[node]!) sink.edge(to, 0, NODE_KIND.object, 0, 0);
      for (const { to } of words[node]!) sink.edge(to, 0, NODE_KIND.unknown, 0, 0);
    },
  };
  return { blocks, edges: { edgeStart, edgeTo: Uint32Array.from(lists.flat()) } };
}

/** What refers to what in truth. */
function referencesIn({ sure, words }: Pick<Heap, 'sure' | 'words'>): number[][] {
  return sure.map((targets, node) => [
    ...targets,
    ...words[node]!.filter(({ isReference }) => isReference).map(({ to }) => to),
  ]);
}

/** Up to 16 nodes; which of them may have words that are references is told. */
function randomHeap(random: () => number, mayRefer: (node: number) => boolean): Heap {
  const count = 2 + (random() % 15);
  const sure: number[][] = Array.from({ length: count }, () => []);
  const words: Heap['words'] = sure.map(() => []);
  const target = (): number => 1 + (random() % (count - 1));
  for (let edges = random() % (2 * count); edges > 0; edges--) sure[random() % count]!.push(target());
  for (let stale = random() % count; stale > 0; stale--) {
    const node = random() % count;
    words[node]!.push({ to: target(), isReference: mayRefer(node) && random() % 2 === 0 });
  }
  return { sure, words };
}

function byNumber(a: number, b: number): number {
  return a - b;
}
