import test from 'ava';
import { GARBAGE } from '../../src/heap/garbage.js';
import type { Garbage, GarbageCause } from '../../src/heap/garbage.js';
import { strongComponents } from '../../src/heap/strong-components.js';
import { garbageIn, generator, graphOf, randomEdges, reached } from './small-graphs.js';
import type { EdgeLists } from './small-graphs.js';

const { cycle, orphan, cause } = GARBAGE;

test('what the root reaches is no garbage', (t) => {
  const garbage = garbageOf([[1], [2], [1]]);
  t.deepEqual([...garbage.bits], [0, 0, 0]);
  t.is(garbage.causeCount, 0);
  t.deepEqual(garbage.cycle, { count: 0, bytes: 0 });
});

test('two blocks that keep each other are a cycle, with what hangs on them', (t) => {
  const garbage = garbageOf([[1], [], [3], [2, 4, 1], []], [0, 1, 10, 20, 30]);
  t.deepEqual([...garbage.bits], [0, 0, cycle | cause, cycle | cause, cycle]);
  t.deepEqual(garbage.cycle, { count: 3, bytes: 480 });
  t.deepEqual(causesOf(garbage), [{ kind: 'cycle', nodes: [2, 3], retainedBytes: 480 }]);
});

test('a block that refers to itself is a cycle', (t) => {
  t.deepEqual(causesOf(garbageOf([[], [1]], [0, 7])), [{ kind: 'cycle', nodes: [1], retainedBytes: 56 }]);
});

test('a block that nothing refers to is an orphan, with what hangs on it', (t) => {
  const garbage = garbageOf([[], [2, 2], [3], []], [0, 1, 2, 3]);
  t.deepEqual([...garbage.bits], [0, orphan | cause, orphan, orphan]);
  t.deepEqual(garbage.orphan, { count: 3, bytes: 48 });
  t.deepEqual(causesOf(garbage), [{ kind: 'orphan', nodes: [1], retainedBytes: 48 }]);
});

test('what a cycle and an orphan share counts for the cycle, and no cause retains it', (t) => {
  const garbage = garbageOf([[], [1, 3], [3], []], [0, 1, 2, 4]);
  t.deepEqual([...garbage.bits], [0, cycle | cause, orphan | cause, cycle | orphan]);
  t.deepEqual(garbage.cycle, { count: 2, bytes: 40 });
  t.deepEqual(garbage.cycleKeptByOrphan, { count: 1, bytes: 32 });
  t.deepEqual(garbage.orphan, { count: 1, bytes: 16 });
  t.deepEqual(causesOf(garbage), [
    { kind: 'orphan', nodes: [2], retainedBytes: 16 },
    { kind: 'cycle', nodes: [1], retainedBytes: 8 },
  ]);
});

test('a cycle with a reference count that nothing explains is kept, with what hangs on it', (t) => {
  const garbage = garbageOf([[], [2], [1, 3], [], [5], [4]], [0, 1, 2, 4, 8, 16], [2]);
  const kept = cycle | orphan | cause;
  t.deepEqual([...garbage.bits], [0, kept, kept, cycle | orphan, cycle | cause, cycle | cause]);
  t.deepEqual(garbage.cycleKeptByOrphan, { count: 3, bytes: 56 });
  t.deepEqual(causesOf(garbage), [
    { kind: 'cycle', nodes: [4, 5], retainedBytes: 192 },
    { kind: 'kept', nodes: [1, 2], retainedBytes: 56 },
  ]);
});

test('a cycle that hangs on an orphan or on another cycle is no cause', (t) => {
  const garbage = garbageOf([[], [2], [3], [2], [4, 5], [5]], [0, 1, 1, 1, 1, 1]);
  t.deepEqual([...garbage.bits], [0, orphan | cause, cycle | orphan, cycle | orphan, cycle | cause, cycle]);
  t.deepEqual(causesOf(garbage), [
    { kind: 'orphan', nodes: [1], retainedBytes: 24 },
    { kind: 'cycle', nodes: [4], retainedBytes: 16 },
  ]);
});

test('the biggest causes come first, and no more than wanted', (t) => {
  const garbage = garbageOf([[], [], [], [], []], [0, 5, 9, 7, 9]);
  t.is(garbage.causeCount, 4);
  t.deepEqual(
    causesOf(garbage, 3).map((cause) => cause.retainedBytes),
    [72, 72, 56],
  );
});

test('a garbage cycle of a million blocks', (t) => {
  const count = 1_000_000;
  const ring = Array.from({ length: count }, (_, node) => (node === 0 ? [] : [node === count - 1 ? 1 : node + 1]));
  const garbage = garbageOf(ring, new Array<number>(count).fill(1));
  t.is(garbage.causeCount, 1);
  t.is(garbage.largestCauses(1)[0]?.nodes.length, count - 1);
  t.is(garbage.largestCauses(1)[0]?.retainedBytes, (count - 1) * 8);
});

test('on random graphs components are the sets whose nodes reach each other', (t) => {
  for (let seed = 1; seed <= 2000; seed++) {
    const edges = randomEdges(generator(seed), 16);
    const { count, componentOf, starts, members } = strongComponents(graphOf(edges));
    const reach = edges.map((_, node) => reached(edges, [node]));
    for (const [a, list] of edges.entries()) {
      for (let b = 0; b < edges.length; b++) {
        const same = reach[a]!.has(b) && reach[b]!.has(a);
        if (same !== (componentOf[a] === componentOf[b])) t.fail(`seed ${seed}: ${a} and ${b}`);
      }
      if (list.some((b) => componentOf[b]! > componentOf[a]!)) t.fail(`seed ${seed}: an edge of ${a} leads upwards`);
    }
    t.is(starts[count], edges.length);
    if (new Set(members).size !== edges.length) t.fail(`seed ${seed}: members`);
    for (let c = 0; c < count; c++) {
      if (members.subarray(starts[c], starts[c + 1]).some((node) => componentOf[node] !== c)) t.fail(`seed ${seed}`);
    }
  }
});

test('on random graphs garbage agrees with its definition', (t) => {
  for (let seed = 1; seed <= 3000; seed++) {
    const edges = randomEdges(generator(seed), 20);
    const garbage = garbageOf(edges);
    const alive = reached(edges, [0]);
    const dead = [...edges.keys()].filter((node) => !alive.has(node));
    const onCycle = dead.filter((node) => reached(edges, edges[node]!).has(node));
    const orphans = dead.filter((node) => !edges.some((list) => list.includes(node)));
    const [fromCycles, fromOrphans] = [reached(edges, onCycle), reached(edges, orphans)];
    for (const node of edges.keys()) {
      const wanted = alive.has(node) ? 0 : (fromCycles.has(node) ? cycle : 0) | (fromOrphans.has(node) ? orphan : 0);
      if ((garbage.bits[node]! & (cycle | orphan)) !== wanted)
        t.fail(`seed ${seed}: ${node} is ${garbage.bits[node]}, not ${wanted}`);
    }
    t.is(garbage.cycle.count + garbage.orphan.count, dead.length);
    const causes = garbage.largestCauses(Infinity);
    t.is(causes.length, garbage.causeCount);
    t.deepEqual(sorted(causes.filter(({ kind }) => kind === 'orphan').flatMap(({ nodes }) => [...nodes])), orphans);
    const all = causes.flatMap(({ nodes }) => [...nodes]);
    const marked = [...edges.keys()].filter((node) => (garbage.bits[node]! & cause) !== 0);
    t.deepEqual(sorted([...all]), marked);
    if (!dead.every((node) => reached(edges, all).has(node))) t.fail(`seed ${seed}: a cause is missing`);
    for (const { nodes, retainedBytes } of causes) {
      const others = reached(
        edges,
        all.filter((node) => !nodes.includes(node)),
      );
      const freed = dead.filter((node) => !others.has(node)).reduce((sum, node) => sum + (node + 1) * 8, 0);
      if (retainedBytes !== freed) t.fail(`seed ${seed}: ${retainedBytes} where ${freed} are freed`);
    }
  }
});

function garbageOf(edges: EdgeLists, sizes8?: readonly number[], unexplained?: readonly number[]): Garbage {
  return garbageIn(graphOf(edges, sizes8), unexplained);
}

function causesOf(
  garbage: Garbage,
  atMost = 10,
): { kind: GarbageCause['kind']; nodes: number[]; retainedBytes: number }[] {
  return garbage.largestCauses(atMost).map((cause) => ({ ...cause, nodes: sorted([...cause.nodes]) }));
}

function sorted(numbers: number[]): number[] {
  return numbers.sort((a, b) => a - b);
}
